import { parseDuration } from "./duration.ts";
import { type Node, resolve, type StructNode } from "./nodes.ts";
import { parseQuantity } from "./quantity.ts";
import { canonicalTime } from "./time.ts";

/**
 * What Go's decoder would say about a value whose JSON types do not fit the definition, or `undefined`. Of several
 * mismatches the first is told, except that a value which cannot be read at all (a quantity, a time) ends decoding there.
 */
export function decodeError(node: StructNode, value: unknown): string | undefined {
  const walk: Walk = { struct: undefined, fields: [], mismatch: undefined };
  try {
    visit(node, value, walk);
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
  return walk.mismatch;
}

/** The message of the 400 that a decoding error makes. */
export const cannotBeHandled = (kind: string, version: string, error: string): string =>
  `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error}`;

interface Walk {
  /** The innermost struct around the value: Go's messages name it, then the fields from the root without indexes. */
  struct: StructNode | undefined;
  readonly fields: string[];
  mismatch: string | undefined;
}

class Unreadable extends Error {}

function visit(node: Node, value: unknown, walk: Walk): void {
  if (value === null || value === undefined) return;
  const known = resolve(node);
  if (!hasJsonType(known, value)) {
    mismatch(known, value, walk);
    return;
  }
  switch (known.kind) {
    case "struct":
      visitStruct(known, value as Record<string, unknown>, walk);
      return;
    case "list":
      for (const item of value as unknown[]) visit(known.item, item, walk);
      return;
    case "map":
      for (const each of Object.values(value)) visit(known.value, each, walk);
      return;
    default:
      read(known, value);
  }
}

type Known = ReturnType<typeof resolve>;

/** Types that read themselves from JSON (quantities, times) take any value here and refuse it in their own words. */
function hasJsonType(node: Known, value: unknown): boolean {
  switch (node.kind) {
    case "struct":
    case "map":
      return isObject(value);
    case "list":
      return Array.isArray(value);
    case "integer":
      return isInteger(value, node.bits);
    case "bytes":
      return typeof value === "string";
    case "string":
    case "boolean":
    case "number":
      return typeof value === node.kind;
    default:
      return true;
  }
}

function visitStruct(node: StructNode, value: Record<string, unknown>, walk: Walk): void {
  const outer = walk.struct;
  for (const name of Object.keys(value)) {
    const field = Object.hasOwn(node.fields, name) ? node.fields[name] : undefined;
    if (!field) continue;
    walk.struct = node;
    walk.fields.push(name);
    visit(field.node, value[name], walk);
    walk.fields.pop();
  }
  walk.struct = outer;
}

function read(node: Known, value: unknown): void {
  switch (node.kind) {
    case "bytes":
      checkBase64(value as string);
      return;
    case "intOrString":
      if (typeof value !== "string" && !isInteger(value, 32)) throw new Unreadable(unmarshalling(value, "int32"));
      return;
    case "quantity":
      reading(() => parseQuantity(typeof value === "number" ? value : asText(value)));
      return;
    case "time":
      reading(() => canonicalTime(stringFrom(value), node));
      return;
    case "duration":
      reading(() => parseDuration(stringFrom(value)));
      return;
  }
}

/** Quantities are read from the raw JSON, so a value of another type is a text that is no quantity. */
const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function stringFrom(value: unknown): string {
  if (typeof value !== "string") throw new Unreadable(unmarshalling(value, "string"));
  return value;
}

function reading(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    throw new Unreadable((error as Error).message);
  }
}

function checkBase64(text: string): void {
  const clean = text.replace(/[\r\n]/g, "");
  const illegal = /[^A-Za-z0-9+/=]|=(?!=?$)/.exec(clean);
  const position = illegal?.index ?? (clean.length % 4 === 0 ? -1 : clean.length - (clean.length % 4));
  if (position >= 0) throw new Unreadable(`illegal base64 data at input byte ${position}`);
}

function mismatch(node: Node, value: unknown, walk: Walk): void {
  const { struct, fields } = walk;
  const goal = goType(node);
  walk.mismatch ??= struct
    ? `json: cannot unmarshal ${jsonType(value, goal)} into Go struct field ${shortName(struct)}.${fields.join(".")} of type ${goal}`
    : unmarshalling(value, goal);
}

const unmarshalling = (value: unknown, goal: string) =>
  `json: cannot unmarshal ${jsonType(value, goal)} into Go value of type ${goal}`;

/** Go shows the number itself only where an integer was expected. */
function jsonType(value: unknown, goal: string): string {
  if (typeof value === "number") return /^int\d/.test(goal) ? `number ${value}` : "number";
  if (typeof value === "boolean") return "bool";
  return Array.isArray(value) ? "array" : typeof value;
}

function goType(node: Node): string {
  const known = resolve(node);
  switch (known.kind) {
    case "integer":
      return `int${known.bits}`;
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    case "bytes":
      return "[]uint8";
    case "list":
      return `[]${goType(known.item)}`;
    case "map":
      return resolve(known.value).kind === "quantity" ? "v1.ResourceList" : `map[string]${goType(known.value)}`;
    case "struct":
      return known.name.split(".").slice(-2).join(".");
    case "quantity":
      return "resource.Quantity";
    case "intOrString":
      return "intstr.IntOrString";
    case "time":
      return known.micro ? "v1.MicroTime" : "v1.Time";
    case "duration":
      return "v1.Duration";
    case "any":
      return "runtime.RawExtension";
    default:
      return "string";
  }
}

const shortName = (node: StructNode): string => node.name.slice(node.name.lastIndexOf(".") + 1);

function isInteger(value: unknown, bits: 32 | 64): boolean {
  if (!Number.isInteger(value)) return false;
  const limit = 2 ** (bits - 1);
  return (value as number) >= -limit && (value as number) < limit;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
