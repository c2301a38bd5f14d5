import { fieldOf, isJsonObject, type JsonObject, setField } from "./json.ts";
import { type Field, type Node, resolve, type StructNode } from "./nodes.ts";
import { badPatch, misfit } from "./patch-error.ts";
import {
  deleteFromListPrefix,
  elementOrderPrefix,
  isDirective,
  withoutDirectives,
} from "./strategic-merge-directives.ts";
import { mergeList, ordered } from "./strategic-merge-list.ts";

/**
 * Applies a strategic merge patch: objects merge field by field, null removes, lists are replaced unless the definition
 * gives them a patch strategy, and `$` directives say otherwise. The result shares what is unchanged with `original`;
 * neither argument is changed. Throws PatchError.
 */
export function applyStrategicMergePatch(node: StructNode, original: object, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) throw badPatch("Invalid JSON Patch");
  return mergeObjects(node, original as JsonObject, patch);
}

/** `node` is undefined where the definition says nothing: then objects merge and lists are replaced. */
export function mergeObjects(node: Node | undefined, original: JsonObject, patch: JsonObject): JsonObject {
  const { $patch: directive, ...fields } = patch;
  if (directive === "replace") return withoutDirectives(fields) as JsonObject;
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw misfit(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(patch)}`);

  const result = retained(original, patch);
  for (const name of Object.keys(patch)) {
    if (!isDirective(name)) mergeField(node, result, name, patch);
    else if (name.startsWith(deleteFromListPrefix)) deleteFromList(result, name, patch);
  }
  for (const name of Object.keys(patch)) {
    if (name.startsWith(elementOrderPrefix)) orderList(node, { original, patch, result }, name);
  }
  return result;
}

function mergeField(node: Node | undefined, result: JsonObject, name: string, patch: JsonObject): void {
  const [old, next] = [fieldOf(result, name), patch[name]];
  if (next === null) {
    delete result[name];
    return;
  }
  const field = fieldNamed(node, name);
  if (isJsonObject(old) && isJsonObject(next)) {
    setField(result, name, mergeObjects(field?.node, old, next));
  } else if (Array.isArray(old) && Array.isArray(next) && merges(field)) {
    setField(result, name, mergeList({ field, name, original: old, patch: next }, mergeObjects));
  } else {
    const value = withoutDirectives(next);
    if (value !== undefined) setField(result, name, value);
  }
}

/** The field of a struct, or what every value of a map is. */
function fieldNamed(node: Node | undefined, name: string): Field | undefined {
  const known = node && resolve(node);
  if (known?.kind === "struct") return Object.hasOwn(known.fields, name) ? known.fields[name] : undefined;
  return known?.kind === "map" ? { node: known.value } : undefined;
}

const merges = (field: Field | undefined): field is Field => field?.patch?.split(",").includes("merge") ?? false;

/** `$retainKeys` names all fields that may stay; those of the patch must be among them. */
function retained(original: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch.$retainKeys;
  if (keys === undefined) return { ...original };
  if (!Array.isArray(keys)) throw badPatch("invalid patch format of retain keys");
  const extra = Object.keys(patch).some((name) => !isDirective(name) && patch[name] !== null && !keys.includes(name));
  if (extra) throw badPatch("invalid patch format of retain keys");
  return Object.fromEntries(Object.entries(original).filter(([name]) => keys.includes(name)));
}

function deleteFromList(result: JsonObject, directive: string, patch: JsonObject): void {
  const name = directive.slice(deleteFromListPrefix.length);
  const removed = patch[directive];
  if (!Array.isArray(removed)) throw badPatch("invalid patch format of primitive list");
  const old = fieldOf(result, name);
  if (!Array.isArray(old)) return;
  setField(
    result,
    name,
    old.filter((item) => !removed.includes(item)),
  );
}

interface Merging {
  readonly original: JsonObject;
  readonly patch: JsonObject;
  readonly result: JsonObject;
}

function orderList(node: Node | undefined, { original, patch, result }: Merging, directive: string): void {
  const name = directive.slice(elementOrderPrefix.length);
  const order = patch[directive];
  if (!Array.isArray(order)) throw badPatch("invalid patch format of setElementOrder list");
  const merged = fieldOf(result, name);
  if (!Array.isArray(merged)) return;
  const before = fieldOf(original, name);
  const mergeKey = fieldNamed(node, name)?.mergeKey;
  setField(result, name, ordered(merged, { order, before: Array.isArray(before) ? before : [], mergeKey }));
}
