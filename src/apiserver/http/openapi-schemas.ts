import { TokenRequest } from "#api/authentication/v1/token-request.ts";
import { Scale } from "#api/autoscaling/v1/scale.ts";
import { Binding } from "#api/core/v1/binding.ts";
import { DeleteOptions, Eviction } from "#api/policy/v1/eviction.ts";
import type { Resource, Subresource } from "#api/resource.ts";
import { int, list, long, ref, type StructNode, string, struct } from "#schema/nodes.ts";
import { type OpenApiDialect, type OpenApiSchema, openApiSchemas, schemaReference } from "#schema/openapi.ts";
import { listSchemaName, metaSchemas } from "./openapi-paths.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

export const ListMeta = struct(`${meta}.ListMeta`, {
  continue: string({ description: "Where the next list goes on, when this one was cut." }),
  remainingItemCount: long({ description: "About how many objects come after this list." }),
  resourceVersion: string({ description: "The state of the store that the list shows; watch from here." }),
  selfLink: string(),
});

const StatusCause = struct(`${meta}.StatusCause`, { field: string(), message: string(), reason: string() });

const StatusDetails = struct(`${meta}.StatusDetails`, {
  causes: list(StatusCause),
  group: string(),
  kind: string(),
  name: string(),
  retryAfterSeconds: int(),
  uid: string(),
});

const Status = struct(
  metaSchemas.status,
  {
    apiVersion: string(),
    code: int({ description: "The HTTP status." }),
    details: ref(StatusDetails),
    kind: string(),
    message: string(),
    metadata: ref(ListMeta),
    reason: string({ description: "Why it failed, in one word for programs." }),
    status: string({ description: "Success or Failure." }),
  },
  { description: "The answer to a call that returns no object." },
);

const Patch = struct(
  metaSchemas.patch,
  {},
  { description: "A change to an object, in the form that the content type says." },
);

const subresourceSchemas: Partial<Record<Subresource, StructNode>> = {
  token: TokenRequest,
  scale: Scale,
  binding: Binding,
  eviction: Eviction,
};

/** Schemas by name of everything that `resources` and their answers are made of. */
export function schemasFor(resources: readonly Resource[], dialect: OpenApiDialect): Record<string, object> {
  const below = resources.flatMap((r) =>
    r.subresources.map((s) => subresourceSchemas[s]).filter((s) => s !== undefined),
  );
  const roots = [...resources.map((r) => r.schema), ...below, ListMeta, Status, DeleteOptions, Patch];
  const found = openApiSchemas(roots, dialect);
  for (const resource of resources) {
    const { group, version, kind, schema } = resource;
    const own = { ...found[schema.name], ...ofKind({ group, version, kind }) };
    found[schema.name] = own;
    found[listSchemaName(resource)] = listSchema(resource, dialect);
  }
  const fixed: readonly [string, object][] = [
    [Scale.name, { group: "autoscaling", version: "v1", kind: "Scale" }],
    [Binding.name, { group: "", version: "v1", kind: "Binding" }],
    [TokenRequest.name, { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" }],
    [Eviction.name, { group: "policy", version: "v1", kind: "Eviction" }],
    [metaSchemas.status, { group: "", version: "v1", kind: "Status" }],
    [metaSchemas.deleteOptions, { group: "", version: "v1", kind: "DeleteOptions" }],
  ];
  for (const [name, kind] of fixed) if (found[name]) found[name] = { ...found[name], ...ofKind(kind) };
  return found;
}

const ofKind = (kind: object) => ({ "x-kubernetes-group-version-kind": [kind] });

function listSchema(resource: Resource, dialect: OpenApiDialect): OpenApiSchema {
  const { group, version, kind, schema } = resource;
  const to = (name: string) => schemaReference(name, dialect);
  return {
    description: `A list of ${kind} objects.`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      items: { type: "array", items: to(schema.name) },
      kind: { type: "string" },
      metadata: to(ListMeta.name),
    },
    ...ofKind({ group, version, kind: `${kind}List` }),
  };
}
