import { badRequest } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { type FieldCondition, matches, parseFieldSelector, parseLabelSelector } from "#api/meta/selector.ts";
import type { Resource } from "#api/resource.ts";
import type { RequestOptions } from "#client/transport.ts";

/** Which objects of a kind somebody wants to see. */
export interface Selection {
  readonly namespace: string | undefined;
  /** The only name that can match, when the selector says so. */
  readonly name: string | undefined;
  /** Whether an object passes; `undefined` when all do. */
  readonly sees: ((object: KubeObject) => boolean) | undefined;
  /** Labels or fields were asked for, so that counting the rest would mean looking at all of it. */
  readonly filtered: boolean;
}

/** Throws ApiError `BadRequest`. */
export function selectionOf(
  resource: Resource,
  request: {
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
    readonly options?: Pick<RequestOptions, "labelSelector" | "fieldSelector"> | undefined;
  },
): Selection {
  const labels = parseLabelSelector(request.options?.labelSelector ?? "");
  const given = parseFieldSelector(request.options?.fieldSelector ?? "");
  const fields = request.name ? [...given, { field: "metadata.name", equal: true, value: request.name }] : given;
  const tests = fields.map((condition) => fieldTest(resource, condition));
  if (labels.length > 0) tests.push((object) => matches(labels, object.metadata.labels));
  const filtered = tests.length > 0;
  const namespace = (resource.scope === "Namespaced" && request.namespace) || undefined;
  if (namespace) tests.unshift((object) => object.metadata.namespace === namespace);
  const name = fields.find(({ field, equal }) => field === "metadata.name" && equal)?.value;
  return { namespace, name, filtered, sees: allOf(tests) };
}

type Test = (object: KubeObject) => boolean;

function allOf(tests: readonly Test[]): Test | undefined {
  const [first, ...others] = tests;
  if (!first || others.length === 0) return first;
  return (object) => tests.every((test) => test(object));
}

function fieldTest(resource: Resource, { field, equal, value }: FieldCondition): Test {
  const read = fieldReader(resource, field);
  return (object) => (read(object) === value) === equal;
}

function fieldReader(resource: Resource, field: string): (object: KubeObject) => string {
  if (field === "metadata.name") return ({ metadata }) => metadata.name;
  if (field === "metadata.namespace") return ({ metadata }) => metadata.namespace ?? "";
  const read = Object.hasOwn(resource.selectableFields, field) ? resource.selectableFields[field] : undefined;
  if (read) return read;
  throw badRequest(
    Object.keys(resource.selectableFields).length > 0
      ? `field label not supported: ${field}`
      : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}
