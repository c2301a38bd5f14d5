import { type ApiError, badRequest } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { RequestOptions } from "#client/transport.ts";
import { cannotBeHandled, decodeError } from "#schema/decode-error.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { duplicateField, prune, strictDecodingError, unknownField } from "#schema/prune.ts";

/** What a definition says about objects that come in: those of a resource, or of one of its subresources. */
export type InputKind = Pick<Resource, "group" | "version" | "kind" | "schema">;

export interface InputOptions {
  readonly fieldValidation?: RequestOptions["fieldValidation"];
  readonly duplicateFields?: readonly string[] | undefined;
  /** Gathers what is no reason to refuse. */
  readonly warnings: Set<string>;
  /** The error that says what is wrong with what came in; a patch has its own. */
  readonly refuse?: (why: string) => ApiError;
  /** Takes away what the client may not say, before defaults make up for it. */
  readonly beforeDefaults?: (object: Record<string, unknown>) => void;
}

/**
 * The object that a client sent, as the server works on it: a copy of what the definition knows, in canonical form, with
 * defaults filled in. Throws ApiError.
 */
export function readInput(kind: InputKind, value: unknown, options: InputOptions): KubeObject {
  const refuse = options.refuse ?? ((why) => badRequest(cannotBeHandled(kind.kind, kind.version, why)));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(`json: cannot unmarshal ${goType(value)} into Go value of type ${kind.version}.${kind.kind}`);
  }
  checkKind(kind, value as { kind?: unknown; apiVersion?: unknown });
  const mismatch = decodeError(kind.schema, value);
  if (mismatch !== undefined) throw refuse(mismatch);
  const { object, unknown } = prune(kind.schema, value);
  if (options.fieldValidation !== "Ignore") reportFields(unknown, options, refuse);
  options.beforeDefaults?.(object);
  applyDefaults(kind.schema, object);
  object.kind = kind.kind;
  object.apiVersion = apiVersionOf(kind);
  return object as unknown as KubeObject;
}

function reportFields(unknown: readonly string[], options: InputOptions, refuse: (why: string) => ApiError): void {
  const messages = [...unknown.map(unknownField), ...(options.duplicateFields ?? []).map(duplicateField)];
  if (messages.length === 0) return;
  if (options.fieldValidation === "Strict") throw refuse(strictDecodingError(messages));
  for (const message of messages) options.warnings.add(message);
}

function checkKind(expected: InputKind, { kind, apiVersion }: { kind?: unknown; apiVersion?: unknown }): void {
  if (kind && kind !== expected.kind) {
    const version = JSON.stringify(apiVersion || apiVersionOf(expected));
    const given = `${kind} in version ${version}`;
    throw badRequest(
      `${given} cannot be handled as a ${expected.kind}: no kind ${JSON.stringify(kind)} is registered for version ${version} in this place`,
    );
  }
  if (apiVersion && apiVersion !== apiVersionOf(expected)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`,
    );
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return value === null || value === undefined ? "null" : typeof value;
}
