import { zeroOf } from "./defaults.ts";
import { canonicalDuration } from "./duration.ts";
import { at, child } from "./field-path.ts";
import { type Field, type Node, resolve, type StructNode } from "./nodes.ts";
import { canonicalQuantity, canonicalResourceAmount } from "./quantity.ts";
import { canonicalTime } from "./time.ts";

export interface Pruned {
  /** A deep copy in canonical form, free of whatever the caller may still hold. */
  readonly object: Record<string, unknown>;
  /** Paths of the fields that no definition knows, in the order of the input. */
  readonly unknown: readonly string[];
}

/**
 * Copies what the definition knows and drops the rest, as decoding into a Go struct and encoding again does: nulls go,
 * so do empty strings, lists and maps of optional fields, and zeros where the field says so; quantities, times and durations become canonical.
 * Values must have the right types: `decodeError` comes first.
 */
export function prune(node: StructNode, value: object): Pruned {
  const unknown: string[] = [];
  return { object: copyStruct(node, value as Record<string, unknown>, "", unknown), unknown };
}

/** How the server words an unknown field, in a warning and inside a strict decoding error. */
export const unknownField = (path: string): string => `unknown field ${JSON.stringify(path)}`;

/** How the server words a field that was given twice. */
export const duplicateField = (path: string): string => `duplicate field ${JSON.stringify(path)}`;

/** The message of the 400 that strict field validation answers with, given the messages of all fields. */
export const strictDecodingError = (fieldMessages: readonly string[]): string =>
  `strict decoding error: ${fieldMessages.join(", ")}`;

function copyStruct(
  node: StructNode,
  value: Record<string, unknown>,
  path: string,
  unknown: string[],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const field = Object.hasOwn(node.fields, name) ? node.fields[name] : undefined;
    if (!field) {
      unknown.push(child(path, name));
      continue;
    }
    const given = value[name];
    if (given === null || given === undefined) continue;
    const kept = copy(field.node, given, child(path, name), unknown);
    if (!isDropped(field, kept)) result[name] = kept;
  }
  return result;
}

function isDropped({ required, keepEmpty, omitZero, node }: Field, value: unknown): boolean {
  if (required || keepEmpty) return false;
  if (value === "" || (omitZero && (value === 0 || value === false))) return true;
  if (Array.isArray(value)) return value.length === 0;
  return resolve(node).kind === "map" && Object.keys(value as object).length === 0;
}

function copy(node: Node, value: unknown, path: string, unknown: string[]): unknown {
  const known = resolve(node);
  switch (known.kind) {
    case "struct":
      return isObject(value) ? copyStruct(known, value, path, unknown) : value;
    case "list":
      if (!Array.isArray(value)) return value;
      return value.map((item, i) => copy(known.item, item ?? zeroOf(known.item) ?? null, at(path, i), unknown));
    case "map":
      return isObject(value) ? copyMap(known.value, value, path, unknown) : value;
    case "quantity":
      return canonicalQuantity(value as string | number);
    case "time":
      return canonicalTime(value as string, known);
    case "duration":
      return canonicalDuration(value as string);
    case "any":
      return typeof value === "object" ? structuredClone(value) : value;
    default:
      return value;
  }
}

/** Built from entries, so that a key `__proto__` is a key like any other. */
function copyMap(node: Node, value: Record<string, unknown>, path: string, unknown: string[]): object {
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => {
    const given = each ?? zeroOf(node) ?? null;
    if (resolve(node).kind === "quantity") return [key, canonicalResourceAmount(given as string | number)];
    return [key, copy(node, given, child(path, key), unknown)];
  });
  return Object.fromEntries(entries);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
