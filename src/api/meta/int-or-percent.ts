import { isPercent } from "#schema/formats.ts";
import { invalid, type Problem } from "#schema/problem.ts";
import { badly, checkNotNegative } from "./check.ts";

/** A number, or a share of some whole as `25%`. */
export type IntOrPercent = number | string;

export const checkIntOrPercent = (value: IntOrPercent | undefined, path: string): Problem[] =>
  typeof value === "string" ? badly(path, value, isPercent(value)) : checkNotNegative(path, value);

/** The share of all that there are cannot be more than all. */
export const checkAtMostAll = (value: IntOrPercent | undefined, path: string): Problem[] =>
  typeof value === "string" && Number.parseInt(value, 10) > 100
    ? [invalid(path, value, "must not be greater than 100%")]
    : [];

export const isZero = (value: IntOrPercent): boolean => value === 0 || /^0+%$/.test(String(value));

/** How many of `total` are meant; a share is made a whole number by `round`. */
export function countOf(value: IntOrPercent, total: number, round: (x: number) => number): number {
  return typeof value === "number" ? value : round((Number(value.replace("%", "")) * total) / 100);
}
