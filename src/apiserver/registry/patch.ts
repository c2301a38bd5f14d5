import { ApiError, badRequest, invalid } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Key } from "#client/client.ts";
import type { ApiRequest } from "#client/transport.ts";
import { applyJsonPatch, mostJsonPatchOperations } from "#schema/json-patch.ts";
import { applyMergePatch } from "#schema/merge-patch.ts";
import { PatchError } from "#schema/patch-error.ts";
import { invalid as invalidValue } from "#schema/problem.ts";
import { restoreError } from "#schema/restore-error.ts";
import { applyStrategicMergePatch } from "#schema/strategic-merge.ts";
import type { InputKind } from "./input.ts";
import { checkName, settleNamespace } from "./metadata.ts";
import { merged, readObject } from "./update.ts";
import { change, type Desk, type Part, type Writing } from "./write.ts";

export type Patch = NonNullable<ApiRequest["patch"]>;

export interface Patching {
  readonly key: Key;
  readonly part: Part;
  readonly patch: Patch;
  readonly writing: Writing;
}

/** Changes an object, or its part, as the patch says; made anew on what another writer left meanwhile. Throws ApiError. */
export function patch(desk: Desk, { key, part, patch: given, writing }: Patching): Promise<KubeObject> {
  const { resource } = desk.store;
  if (given.type === "apply") throw unsupportedType();
  return change(desk, {
    key,
    part,
    writing,
    edit(old) {
      const patched = applyPatch(resource, given, old);
      const draft = readObject(resource, patched, writing, invalidPatch(resource, given, patched));
      settleNamespace(resource, draft.metadata, key.namespace);
      checkName(draft.metadata, key.name);
      return merged(desk, { part, draft, old });
    },
  });
}

/** Throws ApiError `RequestEntityTooLarge`. */
function refuseLong(patch: unknown): void {
  const count = Array.isArray(patch) ? patch.length : 0;
  if (count <= mostJsonPatchOperations) return;
  const why = `The allowed maximum operations in a JSON patch is ${mostJsonPatchOperations}, got ${count}`;
  throw new ApiError("RequestEntityTooLarge", `Request entity too large: ${why}`);
}

/** The object as JSON after the patch; not checked against its definition yet. Throws ApiError. */
export function applyPatch(kind: InputKind, { type, body }: Patch, old: object): object {
  try {
    switch (type) {
      case "json":
        refuseLong(body);
        return applyJsonPatch(old, body);
      case "merge":
        return applyMergePatch(old, body);
      case "strategic":
        return applyStrategicMergePatch(kind.schema, old, body);
      case "apply":
        throw unsupportedType();
    }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (error.code === 400) throw badRequest(error.message);
    // Kubernetes does not say which operation failed, and kubectl prints this text only when there is no cause beside it.
    throw new ApiError("Invalid", "the server rejected our request due to an error in our request", {});
  }
}

const supported = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

const unsupportedType = () =>
  new ApiError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")}`,
  );

/** What is wrong with the outcome is the patch's fault: strategic patches are shown as they came, the others by what they made. */
export function invalidPatch(kind: InputKind, { type, body }: Patch, patched: object): (why: string) => ApiError {
  return (why) => {
    const strategic = type === "strategic";
    const value = strategic ? goMap(body) : JSON.stringify(patched);
    const reason = (strategic && restoreError(kind.schema, patched)) || why;
    return invalid({ group: "", kind: "" }, "", [invalidValue("patch", value, reason)]);
  };
}

/** A value as Go prints it with `%+v`. */
function goMap(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goMap).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([name, each]) => `${name}:${goMap(each)}`).join(" ")}]`;
}
