import { at, child } from "./field-path.ts";
import { between } from "./formats.ts";
import { type Field, type ListNode, type Node, resolve, type StringNode, type StructNode } from "./nodes.ts";
import { duplicate, invalid, notSupported, type Problem, required, tooLong } from "./problem.ts";

export interface ValidateOptions {
  /** The field path of the value, empty at the root. */
  readonly path?: string;
  /**
   * Whether two items with the same keys in a list of type `map` or `set` are a problem. They are for custom resources;
   * built-in kinds accept some (two environment variables of one name) and check the others in their hooks.
   */
  readonly uniqueItems?: boolean;
}

/** Everything the definition says about a value with defaults filled in. Types must fit already: `decodeError` comes first. */
export function validate(node: StructNode, value: object, options: ValidateOptions = {}): Problem[] {
  const problems: Problem[] = [];
  const walk: Walk = { problems, uniqueItems: options.uniqueItems ?? false };
  visitStruct(node, value as Record<string, unknown>, options.path ?? "", walk);
  return problems;
}

interface Walk {
  readonly problems: Problem[];
  readonly uniqueItems: boolean;
}

function visitStruct(node: StructNode, value: Record<string, unknown>, path: string, walk: Walk): void {
  for (const name of requiredFields(node)) {
    if (isEmpty(value[name])) walk.problems.push(required(child(path, name)));
  }
  for (const name of Object.keys(value)) {
    const field = Object.hasOwn(node.fields, name) ? node.fields[name] : undefined;
    if (field && !isAbsent(field, value[name])) visit(field.node, value[name], child(path, name), walk);
  }
  if (node.check) walk.problems.push(...node.check(value, path));
}

/** An empty text is what Go has where nothing was given: no rule applies to it, unless it must be given. */
const isAbsent = (field: Field, value: unknown) =>
  value === undefined || value === null || (value === "" && resolve(field.node).kind === "string");

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

const known = new WeakMap<StructNode, readonly string[]>();

/** A required field that may be empty cannot be missing either: what nobody gave is Go's zero value. */
function requiredFields(node: StructNode): readonly string[] {
  let names = known.get(node);
  if (!names) {
    names = Object.keys(node.fields).filter((name) => node.fields[name]!.required && !node.fields[name]!.keepEmpty);
    known.set(node, names);
  }
  return names;
}

function visit(node: Node, value: unknown, path: string, walk: Walk): void {
  const target = resolve(node);
  switch (target.kind) {
    case "struct":
      if (isObject(value)) visitStruct(target, value, path, walk);
      return;
    case "list":
      if (Array.isArray(value)) visitList(target, value, path, walk);
      return;
    case "map":
      if (!isObject(value)) return;
      for (const [key, each] of Object.entries(value)) visit(target.value, each, at(path, key), walk);
      return;
    case "string":
      walk.problems.push(...textProblems(target, value as string, path));
      return;
    case "integer":
      walk.problems.push(...rangeProblems(target, value as number, path));
      return;
  }
}

function visitList(node: ListNode, items: readonly unknown[], path: string, walk: Walk): void {
  items.forEach((item, i) => {
    visit(node.item, item, at(path, i), walk);
  });
  if (walk.uniqueItems) walk.problems.push(...duplicateItems(node, items, path));
}

/** The items of a list of type `map` or `set` that come a second time. */
function duplicateItems(node: ListNode, items: readonly unknown[], path: string): Problem[] {
  if (node.listType === "atomic") return [];
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const identity = node.listType === "map" && isObject(item) ? pick(item, node.keys) : item;
    const text = JSON.stringify(identity);
    if (seen.has(text)) return [duplicate(at(path, i), identity)];
    seen.add(text);
    return [];
  });
}

const pick = (item: Record<string, unknown>, keys: readonly string[]) =>
  Object.fromEntries(keys.map((key) => [key, item[key]]));

function textProblems(node: StringNode, value: string, path: string): Problem[] {
  if (node.enum && !node.enum.includes(value)) return [notSupported(path, value, node.enum)];
  const problems: Problem[] = [];
  const length = node.maxLength === undefined && node.minLength === undefined ? 0 : [...value].length;
  if (node.maxLength !== undefined && length > node.maxLength) problems.push(tooLong(path, node.maxLength));
  if (node.minLength !== undefined && length < node.minLength)
    problems.push(invalid(path, value, `${path} in body should be at least ${node.minLength} chars long`));
  if (node.pattern !== undefined && !regexOf(node.pattern).test(value))
    problems.push(invalid(path, value, `${path} in body should match '${node.pattern}'`));
  return problems;
}

const regexes = new Map<string, RegExp>();

/** Patterns come from our own definitions, so their number is bounded and none of them backtracks without end. */
function regexOf(pattern: string): RegExp {
  const regex = regexes.get(pattern) ?? new RegExp(pattern, "u");
  regexes.set(pattern, regex);
  return regex;
}

function rangeProblems({ min, max }: { min?: number; max?: number }, value: number, path: string): Problem[] {
  const low = min !== undefined && value < min;
  const high = max !== undefined && value > max;
  if (!low && !high) return [];
  if (min !== undefined && max !== undefined) return [invalid(path, value, between(min, max))];
  return [invalid(path, value, `must be ${low ? "greater" : "less"} than or equal to ${low ? min : max}`)];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
