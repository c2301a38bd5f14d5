import { type Node, resolve, type StructNode } from "./nodes.ts";

/**
 * What Go would say about a value whose types do not fit the definition when the value is not read from text but made
 * into an object from maps and lists, as a strategic merge leaves it; `undefined` when the types fit. Values that read
 * themselves (quantities, times, numbers or strings) are not looked at.
 */
export function restoreError(node: StructNode, value: unknown): string | undefined {
  return visit(node, value);
}

function visit(node: Node, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  const known = resolve(node);
  switch (known.kind) {
    case "struct": {
      if (!isMap(value)) return `cannot restore struct from: ${goKind(value)}`;
      const fields = Object.entries(known.fields).filter(([name]) => Object.hasOwn(value, name));
      return first(fields, ([name, field]) => visit(field.node, value[name]));
    }
    case "map":
      if (!isMap(value)) return `cannot restore map from ${goKind(value)}`;
      return first(Object.values(value), (each) => visit(known.value, each));
    case "list":
      if (!Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`;
      return first(value, (item) => visit(known.item, item));
    case "string":
      return scalar("string", value);
    case "boolean":
      return scalar("bool", value);
    case "integer":
      return scalar(`int${known.bits}`, value);
    case "number":
      return scalar("float64", value);
    default:
      return undefined;
  }
}

function scalar(goal: string, value: unknown): string | undefined {
  const given = goKind(value);
  if (given === goal || (isNumeric(given) && isNumeric(goal) && (Number.isInteger(value) || goal === "float64"))) {
    return undefined;
  }
  // Go could convert these, but JSON does not know such a conversion.
  const convertible = isNumeric(given) && (isNumeric(goal) || (given === "int64" && goal === "string"));
  return convertible ? `cannot convert ${given} to ${goal}` : `unrecognized type: ${goal}`;
}

const isNumeric = (kind: string) => /^(int|float)\d/.test(kind);

function goKind(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  switch (typeof value) {
    case "number":
      return Number.isInteger(value) ? "int64" : "float64";
    case "boolean":
      return "bool";
    case "string":
      return "string";
    default:
      return "map";
  }
}

const isMap = (value: unknown): value is Record<string, unknown> => goKind(value) === "map";

function first<T>(items: readonly T[], fault: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
