import { badRequest } from "./api-error.ts";

/** meta/v1 LabelSelector as it stands in objects. */
export interface LabelSelectorSpec {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface Requirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist" | "GreaterThan" | "LessThan";
  readonly values: readonly string[];
}

/** All requirements must hold; none means everything matches. */
export type Selector = readonly Requirement[];

type Labels = Readonly<Record<string, string>> | undefined;

export function matches(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => meets(requirement, labels?.[requirement.key]));
}

function meets({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "GreaterThan":
      return isInteger(value) && BigInt(value) > BigInt(values[0] ?? "");
    case "LessThan":
      return isInteger(value) && BigInt(value) < BigInt(values[0] ?? "");
  }
}

const isInteger = (value: string | undefined): value is string => value !== undefined && /^-?\d+$/.test(value);

/** A selector in an object. Without one, nothing matches; an empty one matches everything. */
export function labelSelectorMatches(selector: LabelSelectorSpec | undefined, labels: Labels): boolean {
  return selector !== undefined && matches(fromSpec(selector), labels);
}

export function fromSpec(selector: LabelSelectorSpec): Selector {
  return [
    ...fromLabels(selector.matchLabels),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => ({
      key,
      operator: operator as Requirement["operator"],
      values,
    })),
  ];
}

export function fromLabels(labels: Labels): Selector {
  return Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: "In", values: [value] }));
}

export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(",");
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case "In":
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.toSorted().join(",")})`;
    case "NotIn":
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.toSorted().join(",")})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    case "GreaterThan":
      return `${key}>${values[0]}`;
    case "LessThan":
      return `${key}<${values[0]}`;
  }
}

/** The query parameter labelSelector: `a=b,c!=d,e in (f,g),h,!i,j>1`. Throws BadRequest. */
export function parseLabelSelector(text: string): Selector {
  const tokens = tokenize(text);
  const requirements: Requirement[] = [];
  let at = 0;
  const fail = (what: string): never => {
    throw badRequest(`unable to parse requirement: ${what}`);
  };
  const next = () => tokens[at++];

  const values = (): string[] => {
    if (next() !== "(") fail(`found '${tokens[at - 1] ?? ""}' expected: '('`);
    const found: string[] = [];
    for (let token = next(); token !== ")"; token = next()) {
      if (token === undefined) fail("found '', expected: ',' or ')'");
      if (token !== ",") found.push(token as string);
      else if (tokens[at] === ")" || tokens[at] === ",") found.push("");
    }
    return found.length > 0 ? found : [""];
  };

  while (at < tokens.length) {
    const first = next() as string;
    if (first === "!") {
      requirements.push({
        key: labelKey(next() ?? fail("found '', expected: identifier")),
        operator: "DoesNotExist",
        values: [],
      });
    } else {
      requirements.push(requirementOn(labelKey(first)));
    }
    const separator = next();
    if (separator !== undefined && separator !== ",") fail(`found '${separator}', expected: ',' or 'end of string'`);
    if (separator === "," && at >= tokens.length) fail("found '', expected: identifier after ','");
  }
  return requirements;

  function requirementOn(key: string): Requirement {
    const operator = tokens[at];
    if (operator === undefined || operator === ",") return { key, operator: "Exists", values: [] };
    at++;
    if (operator === "in" || operator === "notin") {
      return { key, operator: operator === "in" ? "In" : "NotIn", values: values().map(labelValue) };
    }
    const known = { "=": "In", "==": "In", "!=": "NotIn", ">": "GreaterThan", "<": "LessThan" } as const;
    if (!(operator in known)) return fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    const value = tokens[at] === undefined || tokens[at] === "," ? "" : (next() as string);
    const name = known[operator as keyof typeof known];
    if (name === "GreaterThan" || name === "LessThan") {
      if (!isInteger(value)) fail("for 'Gt', 'Lt' operators, the value must be an integer");
      return { key, operator: name, values: [value] };
    }
    return { key, operator: name, values: [labelValue(value)] };
  }
}

function tokenize(text: string): string[] {
  return text.match(/==|!=|[=<>!(),]|[^\s=<>!(),]+/g) ?? [];
}

const qualified = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const plainValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function labelKey(key: string): string {
  if (!qualified.test(key)) {
    throw badRequest(
      `unable to parse requirement: <nil>: Invalid value: "${key}": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    );
  }
  return key;
}

function labelValue(value: string): string {
  if (!plainValue.test(value)) {
    throw badRequest(
      `unable to parse requirement: values[0][${value}]: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    );
  }
  return value;
}

/** One condition of a field selector. */
export interface FieldCondition {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** The query parameter fieldSelector: `a.b=c,d!=e`; `\` escapes `,`, `=` and itself. Throws BadRequest. */
export function parseFieldSelector(text: string): readonly FieldCondition[] {
  const terms = text.match(/(\\.|[^\\,])+/g) ?? [];
  return terms.map((term) => {
    const parts = /^((?:\\.|[^\\=!])*)(==|=|!=)(.*)$/s.exec(term);
    if (!parts) throw badRequest(`invalid field selector: "${text}"; can't understand '${term}'`);
    const [, field = "", operator, value = ""] = parts;
    return { field: unescaped(field), equal: operator !== "!=", value: unescaped(value) };
  });
}

const unescaped = (text: string) => text.replace(/\\(.)/g, "$1");
