import { type Field, type Node, resolve, type StructNode } from "./nodes.ts";

/** v2 is read by kubectl before 1.27 and by Terraform, v3 by everything newer. */
export type OpenApiDialect = "v2" | "v3";

export type OpenApiSchema = Readonly<Record<string, unknown>>;

/**
 * The schemas of `roots` and of everything that they are made of, by name. What only the caller knows about a kind, its
 * `x-kubernetes-group-version-kind`, is added by the caller.
 */
export function openApiSchemas(roots: readonly StructNode[], dialect: OpenApiDialect): Record<string, OpenApiSchema> {
  const walk: Walk = { dialect, found: {} };
  for (const root of roots) define(root, walk);
  return walk.found;
}

/** How one schema points to another. */
export const schemaReference = (name: string, dialect: OpenApiDialect): { $ref: string } => ({
  $ref: `${dialect === "v2" ? "#/definitions/" : "#/components/schemas/"}${name}`,
});

interface Walk {
  readonly dialect: OpenApiDialect;
  readonly found: Record<string, OpenApiSchema>;
}

function define(node: StructNode, walk: Walk): void {
  if (walk.found[node.name]) return;
  const schema: Record<string, unknown> = {
    ...(node.description && { description: node.description }),
    type: "object",
  };
  walk.found[node.name] = schema; // before its fields, which may lead back here
  const names = Object.keys(node.fields);
  const required = names.filter((name) => node.fields[name]!.required);
  if (required.length > 0) schema.required = required;
  if (names.length > 0)
    schema.properties = Object.fromEntries(names.map((name) => [name, property(node.fields[name]!, walk)]));
  if (node.atomic) schema["x-kubernetes-map-type"] = "atomic";
}

function property(field: Field, walk: Walk): OpenApiSchema {
  const extras = {
    ...(field.description && { description: field.description }),
    ...(walk.dialect === "v3" && defaultOf(field)),
    ...(field.patch && { "x-kubernetes-patch-strategy": field.patch }),
    ...(field.mergeKey && { "x-kubernetes-patch-merge-key": field.mergeKey }),
  };
  return withExtras(typeOf(field.node, walk), extras, walk);
}

/** v3 allows nothing beside a reference, so the reference goes into an `allOf`. */
function withExtras(schema: OpenApiSchema, extras: OpenApiSchema, { dialect }: Walk): OpenApiSchema {
  if (Object.keys(extras).length === 0) return schema;
  return dialect === "v3" && "$ref" in schema ? { allOf: [schema], ...extras } : { ...schema, ...extras };
}

/** A field that Go always writes has Go's zero value where nothing was given. */
function defaultOf({ default: given, required, node }: Field): { default?: unknown } {
  if (given !== undefined) return { default: given };
  return required ? zero(node) : {};
}

function zero(node: Node): { default?: unknown } {
  switch (resolve(node).kind) {
    case "string":
      return { default: "" };
    case "integer":
    case "number":
      return { default: 0 };
    case "boolean":
      return { default: false };
    case "struct":
      return { default: {} };
    default:
      return {};
  }
}

function typeOf(node: Node, walk: Walk): OpenApiSchema {
  const known = resolve(node);
  switch (known.kind) {
    case "struct":
      define(known, walk);
      return schemaReference(known.name, walk.dialect);
    case "list":
      return {
        type: "array",
        items: element(known.item, walk),
        ...(known.keys.length > 0 && { "x-kubernetes-list-map-keys": known.keys }),
        "x-kubernetes-list-type": known.listType,
      };
    case "map":
      return {
        type: "object",
        additionalProperties: element(known.value, walk),
        ...(known.atomic && { "x-kubernetes-map-type": "atomic" }),
      };
    case "string": {
      const { kind, ...rules } = known;
      return { type: "string", ...rules };
    }
    case "integer":
      return { type: "integer", format: `int${known.bits}`, ...range(known) };
    case "number":
      return { type: "number", format: "double" };
    case "boolean":
      return { type: "boolean" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "any":
      return { type: "object" };
    default:
      return shared(known, walk);
  }
}

const range = ({ min, max }: { min?: number; max?: number }) => ({
  ...(min !== undefined && { minimum: min }),
  ...(max !== undefined && { maximum: max }),
});

/** Items of lists and maps cannot be absent, so they too have a default. */
const element = (node: Node, walk: Walk): OpenApiSchema =>
  withExtras(typeOf(node, walk), walk.dialect === "v3" ? zero(node) : {}, walk);

type SharedNode = Extract<Node, { kind: "time" | "duration" | "quantity" | "intOrString" }>;

/** Types that Kubernetes gives a name of their own, under which clients find them. */
function shared(node: SharedNode, walk: Walk): OpenApiSchema {
  const [name, schema] = sharedTypes[node.kind === "time" && node.micro ? "microTime" : node.kind];
  walk.found[name] ??= schema(walk.dialect);
  return schemaReference(name, walk.dialect);
}

const sharedTypes: Readonly<
  Record<SharedNode["kind"] | "microTime", readonly [string, (dialect: OpenApiDialect) => OpenApiSchema]>
> = {
  time: [
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
    () => ({ description: "A moment in whole seconds, as RFC 3339 writes it.", type: "string", format: "date-time" }),
  ],
  microTime: [
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
    () => ({ description: "A moment in microseconds, as RFC 3339 writes it.", type: "string", format: "date-time" }),
  ],
  duration: [
    "io.k8s.apimachinery.pkg.apis.meta.v1.Duration",
    () => ({ description: "A span of time, such as 1h30m.", type: "string" }),
  ],
  quantity: [
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
    (dialect) => ({
      description: "An amount: a number with an optional suffix (m, k, M, G, T or Ki, Mi, Gi, Ti …).",
      ...(dialect === "v2" ? { type: "string" } : { oneOf: [{ type: "string" }, { type: "number" }] }),
    }),
  ],
  intOrString: [
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    (dialect) => ({
      description: "A number, or a text: the name of a port, a percentage.",
      format: "int-or-string",
      ...(dialect === "v2" ? { type: "string" } : { oneOf: [{ type: "integer" }, { type: "string" }] }),
    }),
  ],
};
