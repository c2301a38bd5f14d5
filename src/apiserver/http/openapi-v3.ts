import type { Resource } from "#api/resource.ts";
import { type Operation, type Parameter, type PathItem, pathsOf } from "./openapi-paths.ts";
import { schemasFor } from "./openapi-schemas.ts";
import { versionInfo } from "./version.ts";

/** The OpenAPI v3 document of one group and version. */
export function openApiV3(resources: readonly Resource[]): object {
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: versionInfo.gitVersion },
    paths: Object.fromEntries(resources.flatMap(pathsOf).map((item) => [item.path, pathItem(item)])),
    components: { schemas: schemasFor(resources, "v3") },
  };
}

function pathItem({ parameters, operations }: PathItem): object {
  return {
    ...(parameters.length > 0 && { parameters: parameters.map(pathParameter) }),
    ...Object.fromEntries(operations.map((operation) => [operation.method, operationOf(operation)])),
  };
}

const pathParameter = (name: string) => ({
  name,
  in: "path",
  required: true,
  description: name === "name" ? "Name of the object." : "The namespace it is in.",
  schema: { type: "string", uniqueItems: true },
});

const queryParameter = ({ name, type, description }: Parameter) => ({
  name,
  in: "query",
  description,
  schema: { type, uniqueItems: true },
});

const reference = (schema: string) => ({ $ref: `#/components/schemas/${schema}` });

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

function operationOf({ action, id, tag, description, kind, query, takes, gives }: Operation): object {
  const types = action === "patch" ? patchTypes : ["application/json", "application/yaml"];
  const content = (schema: string, media: readonly string[]) =>
    Object.fromEntries(media.map((type) => [type, { schema: reference(schema) }]));
  const answer = gives
    ? { description: "OK", content: content(gives, ["application/json", "application/yaml"]) }
    : { description: "OK", content: { "*/*": { schema: { type: "string" } } } };
  return {
    tags: [tag],
    description,
    operationId: id,
    ...(query.length > 0 && { parameters: query.map(queryParameter) }),
    ...(takes && {
      requestBody: {
        content: content(takes, types),
        ...(action !== "delete" && action !== "deletecollection" && { required: true }),
      },
    }),
    responses: {
      200: answer,
      ...(action === "post" && { 201: { ...answer, description: "Created" } }),
      401: { description: "Unauthorized" },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kind,
  };
}
