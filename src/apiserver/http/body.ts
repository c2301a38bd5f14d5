import { TokenRequest } from "#api/authentication/v1/token-request.ts";
import { Scale } from "#api/autoscaling/v1/scale.ts";
import { Binding } from "#api/core/v1/binding.ts";
import { ApiError, badRequest, invalid } from "#api/meta/api-error.ts";
import { parseYaml } from "#api/meta/yaml.ts";
import { DeleteOptions as DeleteOptionsSchema, Eviction } from "#api/policy/v1/eviction.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { DeleteOptions, PatchType } from "#client/transport.ts";
import type { StructNode } from "#schema/nodes.ts";
import { invalid as invalidValue, notSupported, type Problem } from "#schema/problem.ts";
import { decodeProtobuf } from "#schema/protobuf-decode.ts";
import { openEnvelope } from "#schema/protobuf-envelope.ts";
import { ProtobufError } from "#schema/protobuf-wire.ts";
import { duplicateKeys, jsonSyntaxError } from "./json-text.ts";

/** A body that was read, and the paths of fields that stood in it twice. */
export interface Decoded {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

const objectTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

const patchTypes: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

const unsupported = (accepted: readonly string[]) =>
  new ApiError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );

const mediaType = (header: string | undefined) => header?.split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** The kind of patch that a content type means. Throws ApiError `UnsupportedMediaType`. */
export function patchTypeOf(contentType: string | undefined): PatchType {
  const type = patchTypes[mediaType(contentType)];
  if (!type) throw unsupported(Object.keys(patchTypes));
  return type;
}

export interface ExpectedObject {
  readonly kind: string;
  readonly apiVersion: string;
  /** An older version that reads the same. */
  readonly formerly?: string;
  /** How protobuf is to be read. */
  readonly schema: StructNode;
  /** Look for fields that stand twice. */
  readonly strict: boolean;
}

/**
 * The object in a body, of the kind that `expected` says unless it says itself; looks for duplicate fields on demand,
 * since that reads the text a second time. Throws ApiError `BadRequest` or `UnsupportedMediaType`.
 */
export async function decodeObject(
  body: Buffer,
  contentType: string | undefined,
  expected: ExpectedObject,
): Promise<Decoded> {
  const type = mediaType(contentType) || "application/json";
  if (type === "application/vnd.kubernetes.protobuf") return { value: fromProtobuf(body, expected), duplicates: [] };
  if (!objectTypes.includes(type)) throw unsupported(objectTypes);
  const text = body.toString();
  const { value, error } = type === "application/yaml" ? await readYaml(text) : readJson(text);
  const unrecognized = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${summary(body)})`);
  if (error !== undefined) throw unrecognized(type === "application/json" ? noVersionKind(error) : error);
  if (!isObject(value)) {
    throw unrecognized(noVersionKind(`json: cannot unmarshal ${jsonType(value)} into Go value of type ${typeMeta}`));
  }
  checkKind(value, expected);
  if (expected.formerly && value.apiVersion === expected.formerly) value.apiVersion = expected.apiVersion;
  return { value, duplicates: expected.strict && type === "application/json" ? duplicateKeys(text) : [] };
}

function fromProtobuf(body: Buffer, expected: ExpectedObject): object {
  try {
    const { apiVersion, kind, raw } = openEnvelope(body);
    checkKind({ apiVersion, kind }, expected);
    return { ...decodeProtobuf(expected.schema, raw), apiVersion: expected.apiVersion, kind };
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): ${error.message} (${summary(body)})`,
    );
  }
}

const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

const noVersionKind = (error: string) => `couldn't get version/kind; json parse error: ${error}`;

/** The patch in a body. Throws ApiError `BadRequest`. */
export async function decodePatch(body: Buffer, type: PatchType, strict: boolean): Promise<Decoded> {
  const text = body.toString();
  const { value, error } = type === "apply" ? await readYaml(text) : readJson(text);
  if (error !== undefined) throw badRequest(`${patchErrorHead[type]}${error}`);
  if (type === "json" && !Array.isArray(value)) {
    throw badRequest(`json: cannot unmarshal ${jsonType(value)} into Go value of type jsonpatch.Patch`);
  }
  if (type !== "json" && !isObject(value)) {
    throw badRequest(
      `${patchErrorHead[type]}json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`,
    );
  }
  if (type === "apply") checkApplied(value as Record<string, unknown>, text);
  const scan = strict && type !== "json" && type !== "apply";
  return { value, duplicates: scan ? duplicateKeys(text) : [] };
}

const patchErrorHead: Readonly<Record<PatchType, string>> = {
  json: "",
  merge: "error decoding patch: ",
  strategic: "error decoding patch: ",
  apply: "error decoding YAML: ",
};

/** Who applies an object must say what it is. */
function checkApplied(value: Record<string, unknown>, text: string): void {
  if (!value.kind) throw badRequest(`Object 'Kind' is missing in '${text.trim()}'`);
  if (!value.apiVersion) throw badRequest(`Object 'apiVersion' is missing in '${text.trim()}'`);
}

/** The options of a deletion in its body; `dryRun` stands among them there. Throws ApiError. */
export async function decodeDeleteOptions(
  body: Buffer,
  contentType: string | undefined,
): Promise<(DeleteOptions & { readonly dryRun: boolean }) | undefined> {
  if (body.length === 0) return undefined;
  const expected = { kind: "DeleteOptions", apiVersion: "v1", schema: DeleteOptionsSchema, strict: false };
  const { value } = await decodeObject(body, contentType, expected);
  const { kind: _, apiVersion: __, dryRun = [], ...options } = value as Record<string, unknown>;
  const values = Array.isArray(dryRun) ? dryRun : [dryRun];
  if (!values.every((one) => one === "All")) throw invalidDelete([notSupported("dryRun", values, ["All"])]);
  return { ...(options as DeleteOptions), dryRun: values.length > 0 };
}

const invalidDelete = (problems: readonly Problem[]) =>
  invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", problems);

/** Throws ApiError `Invalid` for options that contradict each other or say what there is not. */
export function checkDeleteOptions({ propagationPolicy, orphanDependents }: DeleteOptions): void {
  const known = ["Foreground", "Background", "Orphan"];
  const field = "propagationPolicy";
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    const why = "orphanDependents and deletionPropagation cannot be both set";
    throw invalidDelete([invalidValue(field, propagationPolicy, why)]);
  }
  if (propagationPolicy !== undefined && !known.includes(propagationPolicy)) {
    throw invalidDelete([notSupported(field, propagationPolicy, [...known, "nil"])]);
  }
}

function checkKind(
  value: Record<string, unknown>,
  expected: Pick<ExpectedObject, "kind" | "apiVersion" | "formerly">,
): void {
  const kind = value.kind || expected.kind;
  const apiVersion = value.apiVersion || expected.apiVersion;
  if (typeof kind !== "string" || typeof apiVersion !== "string") {
    const field = typeof kind === "string" ? "apiVersion" : "kind";
    const why = `json: cannot unmarshal ${jsonType(value[field])} into Go struct field .${field} of type string`;
    throw badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${noVersionKind(why)}`);
  }
  if (kind !== expected.kind) {
    const version = JSON.stringify(apiVersion.split("/").at(-1));
    const why = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in this place`;
    throw badRequest(`${kind} in version ${version} cannot be handled as a ${expected.kind}: ${why}`);
  }
  if (apiVersion !== expected.apiVersion && apiVersion !== expected.formerly && kind !== "DeleteOptions") {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`,
    );
  }
}

/** What goes to a resource or one of its subresources. */
export function expectedKind(resource: Resource, subresource: string | undefined): Omit<ExpectedObject, "strict"> {
  const other =
    subresource && Object.hasOwn(subresourceInputs, subresource) ? subresourceInputs[subresource] : undefined;
  return other ?? { kind: resource.kind, apiVersion: apiVersionOf(resource), schema: resource.schema };
}

const subresourceInputs: Readonly<Record<string, Omit<ExpectedObject, "strict">>> = {
  scale: { kind: "Scale", apiVersion: "autoscaling/v1", schema: Scale },
  binding: { kind: "Binding", apiVersion: "v1", schema: Binding },
  token: { kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", schema: TokenRequest },
  eviction: { kind: "Eviction", apiVersion: "policy/v1", formerly: "policy/v1beta1", schema: Eviction },
};

type Read = { readonly value: unknown; readonly error?: string | undefined };

function readJson(text: string): Read {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // the engine's own message is not the one that clients know
    return { value: undefined, error: jsonSyntaxError(text) ?? "unexpected end of JSON input" };
  }
}

async function readYaml(text: string): Promise<Read> {
  if (text.startsWith("{")) {
    const json = readJson(text); // most of what comes as YAML is JSON, which is much faster to read
    if (json.error === undefined) return json;
  }
  try {
    return { value: (await parseYaml(text)) ?? null };
  } catch (error) {
    return { value: undefined, error: (error as Error).message };
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return value === null ? "null" : typeof value;
}

function summary(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const encoding = body[0] === 0x7b ? "utf8" : "hex";
  return body.length > 30 ? `${body.toString(encoding, 0, 30)} ...` : body.toString(encoding);
}
