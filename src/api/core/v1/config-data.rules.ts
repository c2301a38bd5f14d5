import { badly, same } from "#api/meta/check.ts";
import { isConfigMapKey } from "#schema/formats.ts";
import { forbidden, type Problem } from "#schema/problem.ts";

/** The largest ConfigMap and Secret, in bytes of their values. */
export const largestData = 1024 * 1024;

export const checkKeys = (data: Readonly<Record<string, string>> | undefined, path: string): Problem[] =>
  Object.keys(data ?? {}).flatMap((key) => badly(`${path}[${key}]`, key, isConfigMapKey(key)));

/** Bytes behind base64 text. */
export const decodedLength = (base64: string): number => Buffer.byteLength(base64, "base64");

/** Once immutable, an object stays so, and so do the named fields of it. */
export function checkImmutable<O extends { immutable?: boolean }>(
  next: O,
  old: O,
  fields: readonly (keyof O & string)[],
) {
  if (!old.immutable) return [];
  const text = "field is immutable when `immutable` is set";
  const changed = fields.filter((field) => !same(withoutEmpty(next[field]), withoutEmpty(old[field])));
  return [...(next.immutable ? [] : ["immutable"]), ...changed].map((field): Problem => forbidden(field, text));
}

const withoutEmpty = (value: unknown) => value ?? {};
