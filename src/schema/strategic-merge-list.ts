import { isJsonObject, type JsonObject } from "./json.ts";
import { type Field, type Node, resolve } from "./nodes.ts";
import { misfit } from "./patch-error.ts";
import { withoutDirectives } from "./strategic-merge-directives.ts";

interface ListMerge {
  readonly field: Field;
  readonly name: string;
  readonly original: readonly unknown[];
  readonly patch: readonly unknown[];
}

type MergeObjects = (node: Node | undefined, original: JsonObject, patch: JsonObject) => JsonObject;

/** Merges the lists of a field with patch strategy `merge`: objects by their merge key, other values as a set. */
export function mergeList(lists: ListMerge, mergeObjects: MergeObjects): unknown[] {
  const { original, patch } = lists;
  if (original.length === 0 && patch.length === 0) return [];
  if (![...original, ...patch].some(isJsonObject)) {
    const merged = [...new Set([...original, ...patch])];
    return ordered(merged, { order: patch, before: original, mergeKey: undefined });
  }
  return mergeByKey(lists, mergeObjects);
}

function mergeByKey({ field, name, original, patch }: ListMerge, mergeObjects: MergeObjects): unknown[] {
  const { mergeKey } = field;
  if (mergeKey === undefined) throw misfit(`cannot merge lists without merge key for ${name}`);
  const items = patch.map(asObject);
  if (items.some(({ $patch }) => $patch === "replace"))
    return items.filter(({ $patch }) => $patch === undefined).map(withoutDirectives);

  const node = resolve(field.node);
  const itemNode = node.kind === "list" ? node.item : undefined;
  let merged = original.map(asObject);
  for (const item of items) {
    const key = keyOf(item, mergeKey);
    const at = merged.findIndex((old) => old[mergeKey] === key);
    if (item.$patch === "delete") {
      merged = merged.filter((old) => old[mergeKey] !== key);
    } else if (item.$patch === "merge") {
      throw misfit("merging lists cannot yet be specified in the patch");
    } else if (item.$patch !== undefined) {
      throw misfit(`unknown patch type: ${String(item.$patch)} in map: ${JSON.stringify(item)}`);
    } else if (at < 0) {
      merged.push(withoutDirectives(item) as JsonObject);
    } else {
      merged[at] = mergeObjects(itemNode, merged[at]!, item);
    }
  }
  return ordered(merged, { order: items, before: original, mergeKey });
}

function asObject(item: unknown): JsonObject {
  if (!isJsonObject(item)) throw misfit("lists of mixed types cannot be merged");
  return item;
}

function keyOf(item: JsonObject, mergeKey: string): unknown {
  if (item[mergeKey] === undefined)
    throw misfit(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
  return item[mergeKey];
}

interface Ordering {
  /** The wanted order of the items that are named here. */
  readonly order: readonly unknown[];
  /** The list before the patch: where the items not named in `order` stood. */
  readonly before: readonly unknown[];
  readonly mergeKey: string | undefined;
}

/**
 * Items named in `order` come in that order, the others in the order they had; each of these goes before the first of
 * the named that it stood before.
 */
export function ordered(items: readonly unknown[], { order, before, mergeKey }: Ordering): unknown[] {
  const identity = (item: unknown) => (mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item);
  const wanted = places(order.map(identity));
  const stood = places(before.map(identity));
  const place = (known: ReadonlyMap<unknown, number>, item: unknown) => known.get(identity(item)) ?? -1;
  const named = items.filter((item) => place(wanted, item) >= 0).sort((a, b) => place(wanted, a) - place(wanted, b));
  const others = items.filter((item) => place(wanted, item) < 0).sort((a, b) => place(stood, a) - place(stood, b));
  const result: unknown[] = [];
  for (const item of named) {
    while (others.length > 0 && place(stood, item) >= 0 && place(stood, others[0]) < place(stood, item))
      result.push(others.shift());
    result.push(item);
  }
  return [...result, ...others];
}

const places = (keys: readonly unknown[]): ReadonlyMap<unknown, number> =>
  new Map(keys.map((key, i): [unknown, number] => [key, i]).reverse());
