import type { OpenApiV2, OperationV2, ParameterV2, PathV2 } from "./openapi-v2.ts";

/**
 * The v2 document as the protobuf message that kubectl asks for first (`openapi.v2.Document`). Field numbers are those
 * of that message; only what our documents hold is written.
 */
export function encodeOpenApiV2(document: OpenApiV2): Buffer {
  return Buffer.concat([
    text(1, document.swagger),
    message(2, text(1, document.info.title), text(2, document.info.version)),
    message(8, ...Object.entries(document.paths).map(([path, item]) => named(2, path, pathItem(item)))),
    message(9, ...Object.entries(document.definitions).map(([name, value]) => named(1, name, schema(value)))),
  ]);
}

const nothing = Buffer.alloc(0);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  bytes.push(left);
  return Buffer.from(bytes);
}

function chunk(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

const message = (field: number, ...parts: readonly Buffer[]): Buffer => chunk(field, Buffer.concat(parts));

const text = (field: number, value: string | undefined): Buffer =>
  value === undefined || value === "" ? nothing : chunk(field, Buffer.from(value));

const texts = (field: number, values: readonly string[] = []): Buffer =>
  Buffer.concat(values.map((value) => chunk(field, Buffer.from(value))));

const flag = (field: number, value: boolean | undefined): Buffer =>
  value ? Buffer.concat([varint(field * 8), varint(1)]) : nothing;

/** Lengths and counts, which are never negative. */
const count = (field: number, value: number | undefined): Buffer =>
  value === undefined ? nothing : Buffer.concat([varint(field * 8), varint(value)]);

function double(field: number, value: number | undefined): Buffer {
  if (value === undefined) return nothing;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(field * 8 + 1), bytes]);
}

/** A pair of a name and a message. */
const named = (field: number, name: string, value: Buffer): Buffer => message(field, text(1, name), chunk(2, value));

/** Any value travels as YAML text, of which JSON is a part. */
const anyValue = (field: number, value: unknown): Buffer =>
  value === undefined ? nothing : message(field, text(2, `${JSON.stringify(value)}\n`));

/** Every `x-…` key of `from`. */
function extensions(field: number, from: object): Buffer {
  const parts = Object.entries(from)
    .filter(([name]) => name.startsWith("x-"))
    .map(([name, value]) => message(field, text(1, name), anyValue(2, value)));
  return Buffer.concat(parts);
}

function pathItem(item: PathV2): Buffer {
  const operation = (field: number, value: OperationV2 | undefined) =>
    value ? chunk(field, operationOf(value)) : nothing;
  return Buffer.concat([
    operation(2, item.get),
    operation(3, item.put),
    operation(4, item.post),
    operation(5, item.delete),
    operation(8, item.patch),
    ...(item.parameters ?? []).map((parameter) => chunk(9, parameterItem(parameter))),
  ]);
}

function operationOf(operation: OperationV2): Buffer {
  const responses = Object.entries(operation.responses).map(([code, { description, schema: content }]) => {
    const response = Buffer.concat([
      text(1, description),
      content ? message(2, chunk(1, schema(content))) : nothing, // a schema item that is a schema
    ]);
    return named(1, code, chunk(1, response)); // a response value that is a response
  });
  return Buffer.concat([
    texts(1, operation.tags),
    text(3, operation.description),
    text(5, operation.operationId),
    texts(6, operation.produces),
    texts(7, operation.consumes),
    ...(operation.parameters ?? []).map((parameter) => chunk(8, parameterItem(parameter))),
    message(9, ...responses),
    extensions(13, operation),
  ]);
}

/** A parameter is wrapped in a choice of parameter or reference, and that again in one by where it stands. */
function parameterItem(parameter: ParameterV2): Buffer {
  const { name, description, required, type, uniqueItems } = parameter;
  if (parameter.in === "body") {
    const body = [text(1, description), text(2, name), text(3, "body"), flag(4, required)];
    return message(1, message(1, ...body, chunk(5, schema(parameter.schema ?? {}))));
  }
  const head = [flag(1, required), text(2, parameter.in), text(3, description), text(4, name)];
  const choice =
    parameter.in === "query"
      ? message(3, ...head, text(6, type), flag(20, uniqueItems))
      : message(4, ...head, text(5, type), flag(19, uniqueItems));
  return message(1, message(2, choice));
}

interface SchemaV2 {
  readonly $ref?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly maximum?: number;
  readonly minimum?: number;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly additionalProperties?: SchemaV2 | boolean;
  readonly type?: string | readonly string[];
  readonly items?: SchemaV2;
  readonly allOf?: readonly SchemaV2[];
  readonly properties?: Readonly<Record<string, SchemaV2>>;
}

function schema(value: SchemaV2): Buffer {
  const { additionalProperties: more, properties } = value;
  return Buffer.concat([
    text(1, value.$ref),
    text(2, value.format),
    text(4, value.description),
    anyValue(5, value.default),
    double(7, value.maximum),
    double(9, value.minimum),
    count(11, value.maxLength),
    count(12, value.minLength),
    text(13, value.pattern),
    texts(19, value.required),
    ...(value.enum ?? []).map((one) => anyValue(20, one)),
    typeof more === "object" ? message(21, chunk(1, schema(more))) : nothing,
    value.type === undefined ? nothing : message(22, texts(1, [value.type].flat())),
    value.items ? message(23, chunk(1, schema(value.items))) : nothing,
    ...(value.allOf ?? []).map((one) => chunk(24, schema(one))),
    properties
      ? message(25, ...Object.entries(properties).map(([name, property]) => named(1, name, schema(property))))
      : nothing,
    extensions(31, value),
  ]);
}
