import type { Problem } from "#schema/problem.ts";
import { qualifiedName, type Resource } from "../resource.ts";

/** Kubernetes' machine-readable reasons and the HTTP status that goes with each. */
export const reasons = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof reasons;

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** meta/v1 Status, the body of every failed request. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Record<string, unknown>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

export class ApiError extends Error {
  readonly reason: string;
  readonly code: number;
  readonly details: StatusDetails | undefined;
  /** Where a list that broke off can go on all the same. */
  readonly continue: string | undefined;

  constructor(reason: Reason, message: string, details?: StatusDetails, next?: string) {
    super(message);
    this.name = "ApiError";
    this.reason = reason;
    this.code = reasons[reason];
    this.details = details;
    this.continue = next;
  }

  toStatus(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: this.continue ? { continue: this.continue } : {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** The error that a server's Status stands for; a reason we do not know keeps its name and code. */
export function fromStatus(status: Partial<Status>, code: number): ApiError {
  const reason = status.reason && status.reason in reasons ? (status.reason as Reason) : undefined;
  const next = typeof status.metadata?.continue === "string" ? status.metadata.continue : undefined;
  const error = new ApiError(reason ?? "InternalError", status.message ?? `HTTP ${code}`, status.details, next);
  return Object.assign(error, { reason: status.reason ?? "", code: status.code ?? code });
}

type Named = Pick<Resource, "group" | "plural">;
const about = ({ group, plural }: Named, name: string) => ({ name, ...(group && { group }), kind: plural });

export const notFound = (resource: Named, name: string) =>
  new ApiError("NotFound", `${qualifiedName(resource)} "${name}" not found`, about(resource, name));

export const alreadyExists = (resource: Named, name: string) =>
  new ApiError("AlreadyExists", `${qualifiedName(resource)} "${name}" already exists`, about(resource, name));

export const conflict = (resource: Named, name: string, why: string) =>
  new ApiError(
    "Conflict",
    `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`,
    about(resource, name),
  );

export const staleObject =
  "the object has been modified; please apply your changes to the latest version and try again";

export function invalid(
  resource: Pick<Resource, "group" | "kind">,
  name: string,
  problems: readonly Problem[],
): ApiError {
  const texts = problems.map((p) => `${p.field}: ${p.message}`);
  const all = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const kind = resource.group ? `${resource.kind}.${resource.group}` : resource.kind;
  return new ApiError("Invalid", `${kind} "${name}" is invalid: ${all}`, {
    name,
    ...(resource.group && { group: resource.group }),
    kind: resource.kind,
    causes: problems.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

/** Without a name it is about all objects of the kind, without a kind about no object at all. */
export function forbidden(resource: Named, name: string, why: string): ApiError {
  const kind = qualifiedName(resource);
  if (!kind) return new ApiError("Forbidden", `forbidden: ${why}`, {});
  const what = name ? `${kind} ${JSON.stringify(name)}` : kind;
  return new ApiError("Forbidden", `${what} is forbidden: ${why}`, about(resource, name));
}

export const badRequest = (message: string) => new ApiError("BadRequest", message);

export const expired = (message: string) => new ApiError("Expired", message);

const is =
  (reason: Reason) =>
  (error: unknown): error is ApiError =>
    error instanceof ApiError && error.reason === reason;

export const isNotFound = is("NotFound");
export const isAlreadyExists = is("AlreadyExists");
export const isConflict = is("Conflict");
export const isInvalid = is("Invalid");
export const isForbidden = is("Forbidden");
export const isExpired = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.reason === "Expired" || error.reason === "Gone");
