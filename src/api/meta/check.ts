import { notNegative } from "#schema/formats.ts";
import { duplicate, invalid, type Problem } from "#schema/problem.ts";

/** One problem for each thing that a format check has to say about a value. */
export const badly = (path: string, value: unknown, messages: readonly string[]): Problem[] =>
  messages.map((message) => invalid(path, value, message));

/** Checks a text only when there is one. */
export const ifGiven = (path: string, value: string | undefined, check: (value: string) => string[]): Problem[] =>
  value ? badly(path, value, check(value)) : [];

export const checkNotNegative = (path: string, value: number | undefined): Problem[] =>
  value !== undefined && value < 0 ? [invalid(path, value, notNegative)] : [];

export const immutable = "field is immutable";

/** Deep equality of plain JSON values; the order of fields does not matter. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

export const unchanged = (path: string, next: unknown, old: unknown): Problem[] =>
  same(next, old) ? [] : [invalid(path, next, immutable)];

/** Items of one name would hide each other. */
export const checkNames = (names: readonly string[], path: (index: number) => string): Problem[] =>
  names.flatMap((name, i) => (name && names.indexOf(name) < i ? [duplicate(path(i), name)] : []));
