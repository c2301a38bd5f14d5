import { at, child } from "./field-path.ts";
import { fieldOf, isJsonObject, type JsonObject } from "./json.ts";

/** Whether two JSON values say the same; the order of fields does not matter, a field that is undefined is absent. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = present(a);
  return names.length === present(b).length && names.every((name) => equal(a[name], fieldOf(b, name)));
}

/** The same, with null, an empty list and an empty object taken for absent, at every depth, as an API server compares. */
export function semanticallyEqual(a: unknown, b: unknown): boolean {
  if (a === b || (isNothing(a) && isNothing(b))) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => semanticallyEqual(item, b[i]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  return namesOf(a, b).every((name) => semanticallyEqual(fieldOf(a, name), fieldOf(b, name)));
}

/** The field paths of all differences; where one side has something else entirely, the path of that. */
export function changedPaths(a: unknown, b: unknown, path = ""): string[] {
  if (a === b) return [];
  if (Array.isArray(a) && Array.isArray(b)) {
    const longer = a.length > b.length ? a : b;
    return longer.flatMap((_, i) => changedPaths(a[i], b[i], at(path, i)));
  }
  if (isJsonObject(a) && isJsonObject(b)) {
    return namesOf(a, b).flatMap((name) => changedPaths(fieldOf(a, name), fieldOf(b, name), child(path, name)));
  }
  return [path];
}

const present = (object: JsonObject) => Object.keys(object).filter((name) => object[name] !== undefined);

const namesOf = (a: JsonObject, b: JsonObject) => [...new Set([...Object.keys(a), ...Object.keys(b)])];

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isJsonObject(value) && Object.values(value).every(isNothing));
