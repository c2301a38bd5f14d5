import { type Node, resolve } from "#schema/nodes.ts";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What `apply` makes of an object: the live one, with all that the new manifest says, and without what the manifest that
 * was applied before said and this one no longer does. What others have set stays.
 */
export function threeWayMerge(node: Node | undefined, last: unknown, wanted: unknown, live: unknown): unknown {
  const shape = node && resolve(node);
  if (isObject(wanted) && isObject(live)) return mergeObjects(shape, isObject(last) ? last : {}, wanted, live);
  const merged = shape?.kind === "list" && Array.isArray(wanted) && Array.isArray(live) && shape.listType !== "atomic";
  if (!merged) return wanted;
  if (shape.listType === "set") return mergeSets(asList(last), wanted, live);
  return mergeKeyed(shape.item, shape.keys, asList(last), wanted, live);
}

function mergeObjects(shape: Node | undefined, last: Json, wanted: Json, live: Json): Json {
  const result: Record<string, unknown> = { ...live };
  for (const key of Object.keys(last)) if (!(key in wanted)) delete result[key];
  for (const [key, value] of Object.entries(wanted)) {
    if (value === null) delete result[key];
    else result[key] = key in live ? threeWayMerge(childOf(shape, key), last[key], value, live[key]) : value;
  }
  return result;
}

function childOf(shape: Node | undefined, key: string): Node | undefined {
  if (shape?.kind === "struct") return shape.fields[key]?.node;
  return shape?.kind === "map" ? shape.value : undefined;
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function mergeSets(last: readonly unknown[], wanted: readonly unknown[], live: readonly unknown[]): unknown[] {
  const kept = live.filter((item) => !wanted.includes(item) && !last.includes(item));
  return [...wanted, ...kept];
}

/** Items keep the manifest's order; those that others have added come after. */
function mergeKeyed(
  item: Node,
  keys: readonly string[],
  last: readonly unknown[],
  wanted: readonly unknown[],
  live: readonly unknown[],
): unknown[] {
  const resolved = resolve(item);
  const idOf = (value: unknown) =>
    JSON.stringify(
      keys.map(
        (key) => (value as Json)?.[key] ?? (resolved.kind === "struct" ? resolved.fields[key]?.default : undefined),
      ),
    );
  const byId = (list: readonly unknown[]) => new Map(list.map((value) => [idOf(value), value]));
  const before = byId(last);
  const now = byId(live);
  const asked = byId(wanted);
  const merged = wanted.map((value) => {
    const id = idOf(value);
    return now.has(id) ? threeWayMerge(item, before.get(id), value, now.get(id)) : value;
  });
  const kept = live.filter((value) => !asked.has(idOf(value)) && !before.has(idOf(value)));
  return [...merged, ...kept];
}
