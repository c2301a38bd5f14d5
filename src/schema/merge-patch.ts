import { fieldOf, isJsonObject, type JsonObject, setField } from "./json.ts";
import { badPatch } from "./patch-error.ts";

/** RFC 7386 on an object. The result shares what is unchanged with `target`; neither argument is changed. Throws PatchError. */
export function applyMergePatch(target: object, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) throw badPatch("Invalid JSON Patch");
  return mergeObjects(target as JsonObject, patch);
}

function mergeObjects(target: JsonObject, patch: JsonObject): JsonObject {
  const result = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else setField(result, name, merge(fieldOf(target, name), value));
  }
  return result;
}

/** An object that replaces something else loses its nulls, as if it were merged into an empty one. */
const merge = (target: unknown, patch: unknown): unknown =>
  isJsonObject(patch) ? mergeObjects(isJsonObject(target) ? target : {}, patch) : patch;
