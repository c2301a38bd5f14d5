import type { Problem } from "./problem.ts";

/**
 * The shape of a value as plain data. Everything that depends on a kind's fields (types, OpenAPI, defaults, validation,
 * patches, protobuf) is a walker over these nodes, each in a file of its own.
 */
export type Node =
  | StringNode
  | { readonly kind: "integer"; readonly bits: 32 | 64; readonly min?: number; readonly max?: number }
  | { readonly kind: "number" }
  | { readonly kind: "boolean" }
  /** Base64 in JSON, bytes in protobuf. */
  | { readonly kind: "bytes" }
  /** RFC 3339 in UTC; seconds, or with `micro` six digits of fraction. */
  | { readonly kind: "time"; readonly micro: boolean }
  /** Go's duration text, as `1h30m`. */
  | { readonly kind: "duration" }
  | { readonly kind: "quantity" }
  | { readonly kind: "intOrString" }
  /** Any JSON value, kept as it is. */
  | { readonly kind: "any" }
  | ListNode
  | { readonly kind: "map"; readonly value: Node; readonly atomic: boolean }
  | StructNode
  | LazyNode;

export interface StringNode {
  readonly kind: "string";
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export interface ListNode {
  readonly kind: "list";
  readonly item: Node;
  readonly listType: "atomic" | "set" | "map";
  /** The fields that identify an item of a list of type `map`, for server-side apply and duplicates. */
  readonly keys: readonly string[];
}

/** Breaks a cycle between definitions: the struct is looked up when it is first needed. */
export interface LazyNode {
  readonly kind: "lazy";
  readonly get: () => StructNode;
}

export interface StructOptions {
  /** Server-side apply treats the whole struct as one value. */
  readonly atomic?: boolean;
  readonly description?: string;
  /** Fills in what depends on other fields of the same struct; runs after the static defaults of all fields below. */
  // biome-ignore lint/suspicious/noExplicitAny: the value is only known to the definition that brings the hook
  readonly derive?: (value: any) => void;
  /** What no single field can tell; `path` is the field path of the struct, empty at the root. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly check?: (value: any, path: string) => readonly Problem[];
}

export interface StructNode extends StructOptions {
  readonly kind: "struct";
  /** The name in OpenAPI, as `io.k8s.api.core.v1.PodSpec`. */
  readonly name: string;
  readonly fields: Fields;
}

export type Fields = Readonly<Record<string, Field>>;

export interface FieldOptions {
  /** The protobuf field number. */
  readonly tag?: number;
  /** Must be given: absent or empty is `Required value`. */
  readonly required?: boolean;
  readonly default?: unknown;
  readonly description?: string;
  /** How strategic merge treats the field. */
  readonly patch?: "merge" | "retainKeys" | "merge,retainKeys";
  /** The field that identifies an item for strategic merge. */
  readonly mergeKey?: string;
  /** The protobuf field number of the embedded message that carries the field, where JSON has it in the owner. */
  readonly inside?: number;
  /**
   * An empty string (list, map) means something else than none, so it is kept. Together with `required`: nothing given
   * is Go's zero value ("", 0, false), which is filled in.
   */
  readonly keepEmpty?: boolean;
  /** 0 and false mean the same as none, so they are left out: the field is no pointer in Go. */
  readonly omitZero?: boolean;
}

/** A field of a struct. `T` is the type of its value; `Present` whether a stored object always has it. */
export interface Field<T = unknown, Present extends boolean = boolean> extends FieldOptions {
  readonly node: Node;
  /** Carry the types only; never set. */
  readonly _type?: T;
  readonly _present?: Present;
}

export type Struct<F extends Fields = Fields> = StructNode & { readonly fields: F };

type Present<O> = O extends { required: true }
  ? true
  : O extends { default: string | number | boolean | object }
    ? true
    : false;
type StringRules = Omit<StringNode, "kind" | "enum">;
type IntRules = { readonly min?: number; readonly max?: number };

// biome-ignore lint/suspicious/noExplicitAny: upper bound of an inferred type
type AnyField = Field<any, any>;
type NodeSource = AnyField | StructNode | LazyNode;

export type ValueOf<S> = S extends Struct<infer F> ? Infer<F> : S extends Field<infer T, boolean> ? T : unknown;

type PresentKeys<F> = { [K in keyof F]: F[K] extends Field<unknown, true> ? K : never }[keyof F];

/** The type of an object read from the server, where defaults have been filled in. */
export type Infer<F> =
  F extends Struct<infer Inner>
    ? Infer<Inner>
    : { -readonly [K in PresentKeys<F>]: F[K] extends Field<infer T, boolean> ? T : never } & {
        -readonly [K in Exclude<keyof F, PresentKeys<F>>]?: F[K] extends Field<infer T, boolean> ? T : never;
      };

const nodeOf = (source: NodeSource): Node => ("node" in source ? source.node : (source as Node));

function field<T, O extends FieldOptions>(node: Node, options: O): Field<T, Present<O>> {
  return { ...options, node };
}

export const string = <const O extends FieldOptions & StringRules>(options = {} as O): Field<string, Present<O>> => {
  const { minLength, maxLength, pattern, ...rest } = options;
  return field({ kind: "string", ...defined({ minLength, maxLength, pattern }) }, rest as unknown as O);
};

export const enumOf = <const V extends readonly string[], const O extends FieldOptions>(
  values: V,
  options = {} as O,
): Field<V[number], Present<O>> => field({ kind: "string", enum: values }, options);

const integer =
  (bits: 32 | 64) =>
  <const O extends FieldOptions & IntRules>(options = {} as O): Field<number, Present<O>> => {
    const { min, max, ...rest } = options;
    return field({ kind: "integer", bits, ...defined({ min, max }) }, rest as unknown as O);
  };

export const int = integer(32);
export const long = integer(64);

const scalar =
  <T>(node: Node) =>
  <const O extends FieldOptions>(options = {} as O): Field<T, Present<O>> =>
    field(node, options);

export const double = scalar<number>({ kind: "number" });
export const bool = scalar<boolean>({ kind: "boolean" });
export const bytes = scalar<string>({ kind: "bytes" });
export const time = scalar<string>({ kind: "time", micro: false });
export const microTime = scalar<string>({ kind: "time", micro: true });
export const duration = scalar<string>({ kind: "duration" });
export const quantity = scalar<string>({ kind: "quantity" });
export const intOrString = scalar<number | string>({ kind: "intOrString" });
export const any = scalar<unknown>({ kind: "any" });

interface ListRules {
  readonly listType?: "atomic" | "set" | "map";
  readonly keys?: readonly string[];
}

export const list = <S extends NodeSource, const O extends FieldOptions & ListRules>(
  item: S,
  options = {} as O,
): Field<ValueOf<S>[], Present<O>> => {
  const { listType = "atomic", keys = [], ...rest } = options;
  return field({ kind: "list", item: nodeOf(item), listType, keys }, rest as unknown as O);
};

export const map = <S extends NodeSource, const O extends FieldOptions & { readonly atomic?: boolean }>(
  value: S,
  options = {} as O,
): Field<Record<string, ValueOf<S>>, Present<O>> => {
  const { atomic = false, ...rest } = options;
  return field({ kind: "map", value: nodeOf(value), atomic }, rest as unknown as O);
};

/** A field that holds a struct. */
export const ref = <S extends StructNode, const O extends FieldOptions>(
  target: S,
  options = {} as O,
): Field<ValueOf<S>, Present<O>> => field(target, options);

/** A struct field that must be given. */
export const required = <S extends StructNode, const O extends FieldOptions>(
  target: S,
  options = {} as O,
): Field<ValueOf<S>, true> => ({ ...options, node: target, required: true });

/** A field of a struct that is defined further down, or around this very field; its type is given by hand. */
export const lazy = <T, const O extends FieldOptions = FieldOptions>(
  get: () => StructNode,
  options = {} as O,
): Field<T, false> => ({ ...options, node: { kind: "lazy", get } });

export const struct = <const F extends Fields>(name: string, fields: F, options: StructOptions = {}): Struct<F> => ({
  kind: "struct",
  name,
  fields,
  ...options,
});

/** The fields of a struct that Go embeds: in JSON they stand in the owner, in protobuf in a message of their own. */
export function inlined<const F extends Fields>(embedded: Struct<F>, tag: number): F {
  const fields = Object.entries(embedded.fields).map(([name, f]) => [name, { ...f, inside: tag }]);
  return Object.fromEntries(fields) as F;
}

/** The node itself, behind any laziness. */
export function resolve(node: Node): Exclude<Node, LazyNode> {
  return node.kind === "lazy" ? node.get() : node;
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Partial<T>;
}
