import { isJsonObject, type JsonObject, setField } from "./json.ts";

export const deleteFromListPrefix = "$deleteFromPrimitiveList/";
export const elementOrderPrefix = "$setElementOrder/";

/** Whether a key of a patch is an instruction and no field. */
export const isDirective = (name: string): boolean =>
  name === "$patch" ||
  name === "$retainKeys" ||
  name.startsWith(deleteFromListPrefix) ||
  name.startsWith(elementOrderPrefix);

/** A patch taken as a value, as there is nothing to merge it with: no instructions, no nulls. Undefined when it is a deletion. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isJsonObject(value)) return value;
  if (value.$patch === "delete") return undefined;
  const result: JsonObject = {};
  for (const [name, each] of Object.entries(value)) {
    if (isDirective(name) || each === null) continue;
    const kept = withoutDirectives(each);
    if (kept !== undefined) setField(result, name, kept);
  }
  return result;
}
