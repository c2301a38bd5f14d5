import { isDeepStrictEqual } from "node:util";

/** Whether writing `next` would change nothing: a field that is missing and one that is undefined or empty mean the same. */
export function sameStatus(current: object | undefined, next: object): boolean {
  return isDeepStrictEqual(withoutEmpty(current ?? {}), withoutEmpty(next));
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => !isEmpty(field));
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutEmpty(field)]));
}

/** What Go leaves out with `omitempty`. */
function isEmpty(field: unknown): boolean {
  if (field === undefined || field === null || field === 0 || field === "" || field === false) return true;
  return Array.isArray(field) && field.length === 0;
}

/** The counts without those that are zero, which Kubernetes leaves out. */
export function withoutZeros<O extends Record<string, number>>(counts: O): Partial<O> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)) as Partial<O>;
}
