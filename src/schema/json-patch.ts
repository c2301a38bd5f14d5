import { equal } from "./diff.ts";
import { isJsonObject, type JsonObject, setField } from "./json.ts";
import { badPatch, misfit } from "./patch-error.ts";

/** The server takes no patch with more operations than this; each may copy a large part of the object. */
export const mostJsonPatchOperations = 10_000;

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value: unknown;
}

type Container = JsonObject | unknown[];

/** RFC 6902: works on a copy, all operations or none. Throws PatchError. */
export function applyJsonPatch(target: object, patch: unknown): JsonObject {
  const operations = readOperations(patch);
  const document = { root: structuredClone(target) as unknown };
  for (const operation of operations) apply(document, operation);
  if (!isJsonObject(document.root)) throw misfit("the patched document is no object");
  return document.root;
}

interface Document {
  root: unknown;
}

function readOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    const type = isJsonObject(patch) ? "object" : typeof patch;
    throw badPatch(`json: cannot unmarshal ${type} into Go value of type jsonpatch.Patch`);
  }
  return patch.map((operation) => {
    if (!isJsonObject(operation)) {
      throw badPatch(`json: cannot unmarshal ${typeof operation} into Go value of type jsonpatch.Operation`);
    }
    const { op, path, from, value } = operation;
    if (typeof op !== "string" || !Object.hasOwn(operations, op)) throw misfit(`Unexpected kind: ${op ?? "unknown"}`);
    if (typeof path !== "string") throw misfit(`${op} operation failed to decode path: missing value`);
    if (from !== undefined && typeof from !== "string")
      throw misfit(`${op} operation failed to decode from: missing value`);
    return { op, path, ...(from !== undefined && { from }), value };
  });
}

const operations = { add, remove, replace, move, copy, test } satisfies Record<
  string,
  (document: Document, operation: Operation) => void
>;

function apply(document: Document, operation: Operation): void {
  operations[operation.op as keyof typeof operations](document, operation);
}

function add(document: Document, { path, value }: Operation): void {
  if (path === "") {
    document.root = structuredClone(value);
    return;
  }
  const place = find(document, path) ?? missing(`add operation does not apply: doc is missing path: "${path}"`);
  inPath(`error in add for path: '${path}'`, () => insert(place, structuredClone(value)));
}

function remove(document: Document, { path }: Operation): void {
  const place = find(document, path) ?? missing(`remove operation does not apply: doc is missing path: "${path}"`);
  inPath(`error in remove for path: '${path}'`, () => take(place));
}

function replace(document: Document, { path, value }: Operation): void {
  if (path === "") {
    document.root = structuredClone(value);
    return;
  }
  const place = find(document, path) ?? missing(`replace operation does not apply: doc is missing path: ${path}`);
  if (!exists(place)) missing(`replace operation does not apply: doc is missing key: ${path}`);
  set(place, structuredClone(value));
}

function move(document: Document, { path, from = "" }: Operation): void {
  const source = find(document, from) ?? missing(`move operation does not apply: doc is missing from path: ${from}`);
  const value = inPath(`error in move for path: '${from}'`, () => take(source));
  const place =
    find(document, path) ?? missing(`move operation does not apply: doc is missing destination path: ${path}`);
  inPath(`error in move for path: '${path}'`, () => insert(place, value));
}

function copy(document: Document, { path, from = "" }: Operation): void {
  const source = find(document, from) ?? missing(`copy operation does not apply: doc is missing from path: ${from}`);
  if (!exists(source)) missing(`error in copy for from: '${from}'`);
  const place =
    find(document, path) ?? missing(`copy operation does not apply: doc is missing destination path: ${path}`);
  inPath(`error while adding value during copy`, () => insert(place, structuredClone(get(source))));
}

function test(document: Document, { path, value }: Operation): void {
  const place = path === "" ? undefined : find(document, path);
  if (path !== "" && !place) missing(`test operation does not apply: is missing path: ${path}`);
  const found = place ? get(place) : document.root;
  // what is not there equals null
  if (!equal(found ?? null, value ?? null)) throw misfit(`testing value ${path} failed: test failed`);
}

function missing(message: string): never {
  throw misfit(`${message}: missing value`);
}

function inPath<T>(message: string, change: () => T): T {
  try {
    return change();
  } catch (error) {
    throw misfit(`${message}: ${(error as Error).message}`);
  }
}

interface Place {
  readonly container: Container;
  readonly key: string;
}

/** The object or list that holds the last step of the path; undefined when the way there does not exist. */
function find(document: Document, path: string): Place | undefined {
  const [start, ...steps] = path.split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (start !== "" || steps.length === 0) return undefined;
  let at = document.root;
  for (const step of steps.slice(0, -1)) {
    if (!isContainer(at)) return undefined;
    at = get({ container: at, key: step });
  }
  return isContainer(at) ? { container: at, key: steps.at(-1)! } : undefined;
}

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null;

function get({ container, key }: Place): unknown {
  if (Array.isArray(container)) return container[/^-?\d+$/.test(key) ? fromEnd(Number(key), container.length) : -1];
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function exists({ container, key }: Place): boolean {
  if (!Array.isArray(container)) return Object.hasOwn(container, key);
  const index = /^-?\d+$/.test(key) ? fromEnd(Number(key), container.length) : -1;
  return index >= 0 && index < container.length;
}

function set({ container, key }: Place, value: unknown): void {
  if (Array.isArray(container)) container[fromEnd(Number(key), container.length)] = value;
  else setField(container, key, value);
}

function insert({ container, key }: Place, value: unknown): void {
  if (!Array.isArray(container)) {
    setField(container, key, value);
  } else if (key === "-") {
    container.push(value);
  } else {
    container.splice(indexIn(key, container.length + 1), 0, value);
  }
}

function take({ container, key }: Place): unknown {
  if (Array.isArray(container)) return container.splice(indexIn(key, container.length), 1)[0];
  if (!Object.hasOwn(container, key)) throw new Error(`Unable to remove nonexistent key: ${key}: missing value`);
  const value = container[key];
  delete container[key];
  return value;
}

function indexIn(key: string, length: number): number {
  if (!/^-?\d+$/.test(key)) {
    throw new Error(
      `value was not a proper array index: '${key}': strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`,
    );
  }
  const index = fromEnd(Number(key), length);
  if (index < 0 || index >= length) throw new Error(`Unable to access invalid index: ${key}: invalid index referenced`);
  return index;
}

/** Negative indexes count from the end. */
const fromEnd = (index: number, length: number) => (index < 0 ? index + length : index);
