/**
 * The JSONPath of kubectl: text with `{.expressions}` in it, `{range …}…{end}`, filters `[?(@.a=="b")]`, slices, unions,
 * wildcards, recursive descent and quoted strings.
 */
export class JsonPathError extends Error {}

type Part =
  | { readonly text: string }
  | { readonly path: readonly Step[] }
  | { readonly range: readonly Step[]; readonly body: readonly Part[] };

type Step =
  | { readonly do: "root" }
  | { readonly do: "literal"; readonly value: unknown }
  | { readonly do: "field"; readonly name: string }
  | { readonly do: "wildcard" }
  | { readonly do: "descend" }
  | { readonly do: "slice"; readonly from?: number; readonly to?: number; readonly step?: number }
  | { readonly do: "pick"; readonly keys: readonly (string | number)[] }
  | {
      readonly do: "filter";
      readonly left: readonly Step[];
      readonly operator?: string;
      readonly right?: readonly Step[];
    };

/** Evaluates a template on a value. Throws JsonPathError on a template that cannot be understood. */
export function evaluateJsonPath(template: string, root: unknown): string {
  const text = /[{}]/.test(template)
    ? template
    : `{${template.startsWith(".") || template.startsWith("$") ? "" : "."}${template}}`;
  const parser = new Parser(text);
  return render(parser.parts(), root, root);
}

function render(parts: readonly Part[], root: unknown, current: unknown): string {
  let out = "";
  for (const part of parts) {
    if ("text" in part) out += part.text;
    else if ("path" in part) out += walk(part.path, root, current).map(show).join(" ");
    else for (const item of walk(part.range, root, current)) out += render(part.body, root, item);
  }
  return out;
}

const show = (value: unknown) =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");

function walk(path: readonly Step[], root: unknown, current: unknown): unknown[] {
  let values: unknown[] = [current];
  for (const step of path) values = values.flatMap((value) => take(step, value, root));
  return values;
}

const children = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : typeof value === "object" && value !== null ? Object.values(value) : [];

function descendants(value: unknown): unknown[] {
  return [value, ...children(value).flatMap(descendants)];
}

function take(step: Step, value: unknown, root: unknown): unknown[] {
  switch (step.do) {
    case "root":
      return [root];
    case "literal":
      return [step.value];
    case "field":
      return fieldOf(value, step.name);
    case "wildcard":
      return children(value);
    case "descend":
      return descendants(value);
    case "slice":
      return Array.isArray(value) ? sliceOf(value, step) : [];
    case "pick":
      return step.keys.flatMap((key) => (typeof key === "number" ? itemOf(value, key) : fieldOf(value, key)));
    case "filter":
      return children(value).filter((item) => holds(step, item, root));
  }
}

function fieldOf(value: unknown, name: string): unknown[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !(name in value)) return [];
  return [(value as Record<string, unknown>)[name]];
}

function itemOf(value: unknown, index: number): unknown[] {
  if (!Array.isArray(value)) return [];
  const at = index < 0 ? value.length + index : index;
  return at in value ? [value[at]] : [];
}

function sliceOf(
  list: readonly unknown[],
  { from = 0, to = list.length, step = 1 }: { from?: number; to?: number; step?: number },
): unknown[] {
  const part = list.slice(from, to);
  return step === 1 ? part : part.filter((_, i) => i % step === 0);
}

function holds({ left, operator, right = [] }: Extract<Step, { do: "filter" }>, item: unknown, root: unknown): boolean {
  const [a] = walk(left, root, item);
  if (operator === undefined) return a !== undefined;
  const [b] = walk(right, root, item);
  if (a === undefined) return false;
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return (a as number) < (b as number);
    case ">":
      return (a as number) > (b as number);
    case "<=":
      return (a as number) <= (b as number);
    default:
      return (a as number) >= (b as number);
  }
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parts(nested = false): Part[] {
    const parts: Part[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf("{", this.#at);
      if (open !== this.#at) {
        parts.push({ text: this.#text.slice(this.#at, open < 0 ? undefined : open) });
        this.#at = open < 0 ? this.#text.length : open;
        continue;
      }
      this.#at++;
      this.#space();
      if (this.#eat("end")) {
        this.#close();
        if (!nested) throw new JsonPathError("{end} without {range}");
        return parts;
      }
      if (this.#eat("range ")) {
        const range = this.#path();
        this.#close();
        parts.push({ range, body: this.parts(true) });
      } else {
        parts.push({ path: this.#path() });
        this.#close();
      }
    }
    if (nested) throw new JsonPathError("unterminated range: {end} is missing");
    return parts;
  }

  #path(): Step[] {
    const steps: Step[] = [];
    this.#space();
    for (;;) {
      const step = this.#step();
      if (!step) return steps;
      steps.push(...step);
    }
  }

  #step(): Step[] | undefined {
    const quoted = this.#quoted();
    if (quoted !== undefined) return [{ do: "literal", value: quoted }];
    if (this.#eat("$")) return [{ do: "root" }];
    if (this.#eat("@")) return [];
    if (this.#eat("..")) return [{ do: "descend" }, ...(this.#text[this.#at] === "[" ? [] : [this.#name()])];
    if (this.#eat(".")) return /[\w*\\-]/.test(this.#text[this.#at] ?? "") ? [this.#name()] : [];
    if (this.#eat("[")) return [this.#bracket()];
    const number = this.#match(/^-?\d+(\.\d+)?(?=[\s)}\]]|$)/);
    if (number) return [{ do: "literal", value: Number(number) }];
    const word = this.#match(/^(true|false)\b/);
    if (word) return [{ do: "literal", value: word === "true" }];
    if (/[\w-]/.test(this.#text[this.#at] ?? "")) return [this.#name()];
    return undefined;
  }

  #name(): Step {
    if (this.#eat("*")) return { do: "wildcard" };
    const name = this.#match(/^(\\.|[^\s.[\](){}'"=<>!,])+/);
    if (!name) throw new JsonPathError(`a field name is missing at "${this.#text.slice(this.#at)}"`);
    return { do: "field", name: name.replaceAll(/\\(.)/g, "$1") };
  }

  #bracket(): Step {
    this.#space();
    if (this.#eat("*")) return this.#closed({ do: "wildcard" });
    if (this.#eat("?(")) return this.#filter();
    const slice = this.#match(/^-?\d*:-?\d*(:-?\d*)?/);
    if (slice) {
      const [from, to, step] = slice.split(":").map((text) => (text === "" ? undefined : Number(text)));
      return this.#closed({
        do: "slice",
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(step !== undefined && { step }),
      });
    }
    const keys: (string | number)[] = [];
    do {
      this.#space();
      const key = this.#quoted() ?? this.#match(/^-?\d+/) ?? this.#match(/^[\w.-]+/);
      if (key === undefined) throw new JsonPathError(`an index is missing at "${this.#text.slice(this.#at)}"`);
      keys.push(/^-?\d+$/.test(key) ? Number(key) : key);
      this.#space();
    } while (this.#eat(","));
    return this.#closed({ do: "pick", keys });
  }

  #filter(): Step {
    const left = this.#path();
    this.#space();
    const operator = this.#match(/^(==|!=|<=|>=|<|>)/);
    const right = operator ? this.#path() : [];
    this.#space();
    if (!this.#eat(")")) throw new JsonPathError("unterminated filter: ) is missing");
    return this.#closed({ do: "filter", left, ...(operator && { operator, right }) });
  }

  #closed(step: Step): Step {
    this.#space();
    if (!this.#eat("]")) throw new JsonPathError("unterminated array: ] is missing");
    return step;
  }

  #close(): void {
    this.#space();
    if (!this.#eat("}")) throw new JsonPathError(`unclosed action: } is missing at "${this.#text.slice(this.#at)}"`);
  }

  #quoted(): string | undefined {
    const text = this.#match(/^"(\\.|[^"\\])*"/) ?? this.#match(/^'(\\.|[^'\\])*'/);
    return text?.slice(1, -1).replaceAll(/\\(.)/g, (_, char: string) => ({ n: "\n", t: "\t", r: "\r" })[char] ?? char);
  }

  #space(): void {
    this.#match(/^\s+/);
  }

  #eat(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    const [found] = pattern.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }
}
