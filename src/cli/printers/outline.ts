const indent = "  ";

/** Nested values as indented lines, `Words In The Label:  value`; what is missing or empty is left out. */
export function outline(value: Readonly<Record<string, unknown>>, depth = 0): string[] {
  const entries = Object.entries(value).filter(([, inner]) => !isEmpty(inner));
  const widest = Math.max(0, ...entries.filter(([, inner]) => isPlain(inner)).map(([key]) => label(key).length));
  return entries.flatMap(([key, inner]) => lines(label(key), inner, { depth, widest }));
}

function lines(head: string, value: unknown, { depth, widest }: { depth: number; widest: number }): string[] {
  const margin = indent.repeat(depth);
  if (isPlain(value)) return [`${margin}${`${head}:`.padEnd(widest + 1)}${indent}${value}`];
  if (Array.isArray(value)) return [`${margin}${head}:`, ...value.flatMap((item) => listItem(item, depth + 1))];
  return [`${margin}${head}:`, ...outline(value as Record<string, unknown>, depth + 1)];
}

function listItem(item: unknown, depth: number): string[] {
  const margin = indent.repeat(depth);
  if (typeof item !== "object" || item === null) return [`${margin}${item}`];
  const [first = "", ...more] = outline(item as Record<string, unknown>, depth + 1);
  return [`${margin}- ${first.trimStart()}`, ...more];
}

const isPlain = (value: unknown) => typeof value !== "object" || value === null;
const isEmpty = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** `terminationGracePeriodSeconds` → `Termination Grace Period Seconds`; keys that are no field names stay. */
function label(key: string): string {
  if (!/^[a-z][a-zA-Z]*$/.test(key)) return key;
  const words = key.replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  return `${words[0]?.toUpperCase()}${words.slice(1)}`;
}
