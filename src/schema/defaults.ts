import { type Node, resolve, type StructNode } from "./nodes.ts";

type Value = Record<string, unknown>;

/**
 * Fills in static defaults, parents before children, then runs the `derive` hooks, children before parents.
 * Changes `value` in place; it must be a plain mutable object whose types have been checked.
 */
export function applyDefaults(node: StructNode, value: object): void {
  applyToStruct(node, value as Value);
}

function applyToStruct(node: StructNode, value: Value): void {
  for (const [name, fallback] of fallbacksOf(node)) {
    if (value[name] === undefined) value[name] = isContainer(fallback) ? structuredClone(fallback) : fallback;
  }
  for (const name of Object.keys(value)) {
    const below = Object.hasOwn(node.fields, name) ? node.fields[name] : undefined;
    if (below && isContainer(value[name])) applyTo(below.node, value[name]);
  }
  node.derive?.(value);
}

function applyTo(node: Node, value: object): void {
  const known = resolve(node);
  if (known.kind === "struct" && !Array.isArray(value)) applyToStruct(known, value as Value);
  else if (known.kind === "list" && Array.isArray(value)) applyToEach(known.item, value);
  else if (known.kind === "map" && !Array.isArray(value)) applyToEach(known.value, Object.values(value));
}

function applyToEach(node: Node, values: unknown[]): void {
  for (const value of values) if (isContainer(value)) applyTo(node, value);
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

const known = new WeakMap<StructNode, readonly (readonly [name: string, fallback: unknown])[]>();

/** What is set when absent: defaults, and Go's zero value of a field that is always written but may be empty. */
function fallbacksOf(node: StructNode): readonly (readonly [string, unknown])[] {
  let fallbacks = known.get(node);
  if (!fallbacks) {
    fallbacks = Object.entries(node.fields)
      .map(([name, f]) => [name, f.default ?? (f.required && f.keepEmpty ? zeroOf(f.node) : undefined)] as const)
      .filter(([, fallback]) => fallback !== undefined);
    known.set(node, fallbacks);
  }
  return fallbacks;
}

/** What Go has in a field that nobody set; `undefined` where it would have nil or write null. */
export function zeroOf(node: Node): unknown {
  switch (resolve(node).kind) {
    case "string":
      return "";
    case "integer":
    case "number":
    case "intOrString":
      return 0;
    case "boolean":
      return false;
    case "quantity":
      return "0";
    case "duration":
      return "0s";
    case "struct":
      return {};
    default:
      return undefined;
  }
}
