import { ImagePullError } from "../runtime.ts";

/** A call that the runtime refused or that never reached it; the text is the one that Kubernetes shows. */
export class RpcError extends Error {
  /** As gRPC names it in its constants: `NOT_FOUND`, `UNAVAILABLE`. */
  readonly code: string;
  readonly details: string;

  constructor(code: string, details: string, path: string) {
    super(`rpc error: code = ${spoken(code)} desc = ${details}`);
    this.name = "RpcError";
    this.code = code;
    this.details = details;
    this.cause = path;
  }
}

/** `DEADLINE_EXCEEDED` → `DeadlineExceeded`, with gRPC's one exception. */
function spoken(code: string): string {
  if (code === "OK") return code;
  if (code === "CANCELLED") return "Canceled";
  return code.toLowerCase().replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

export const isNotFound = (error: unknown): boolean => error instanceof RpcError && error.code === "NOT_FOUND";
export const isUnimplemented = (error: unknown): boolean => error instanceof RpcError && error.code === "UNIMPLEMENTED";
/** Nobody listens, or the connection broke: the runtime is away, most likely for a short time. */
export const isUnavailable = (error: unknown): boolean => error instanceof RpcError && error.code === "UNAVAILABLE";

/** What a failed pull means to Kubernetes. */
export function pullError(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  const reason = error.details.startsWith("RegistryUnavailable")
    ? "RegistryUnavailable"
    : /failed to parse image reference|invalid reference format/.test(error.details)
      ? "InvalidImageName"
      : "ErrImagePull";
  return new ImagePullError(reason, error.message, { cause: error });
}
