import type { Resource } from "#api/resource.ts";
import { type Operation, type Parameter, type PathItem, pathsOf } from "./openapi-paths.ts";
import { schemasFor } from "./openapi-schemas.ts";
import { versionInfo } from "./version.ts";

/** The OpenAPI v2 document of everything: what clients before Kubernetes 1.24 read. */
export interface OpenApiV2 {
  readonly swagger: "2.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, PathV2>>;
  readonly definitions: Readonly<Record<string, object>>;
}

export type PathV2 = { readonly parameters?: readonly ParameterV2[] } & {
  readonly [method in Operation["method"]]?: OperationV2;
};

export interface OperationV2 {
  readonly tags: readonly string[];
  readonly description: string;
  readonly operationId: string;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly parameters?: readonly ParameterV2[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly schema?: object }>>;
  readonly "x-kubernetes-action": string;
  readonly "x-kubernetes-group-version-kind": object;
}

export interface ParameterV2 {
  readonly name: string;
  readonly in: "query" | "path" | "body";
  readonly description?: string;
  readonly required?: boolean;
  readonly type?: string;
  readonly uniqueItems?: boolean;
  readonly schema?: object;
}

export function openApiV2(resources: readonly Resource[]): OpenApiV2 {
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: versionInfo.gitVersion },
    paths: Object.fromEntries(resources.flatMap(pathsOf).map((item) => [item.path, pathItem(item)])),
    definitions: schemasFor(resources, "v2"),
  };
}

function pathItem({ parameters, operations }: PathItem): PathV2 {
  return {
    ...(parameters.length > 0 && { parameters: parameters.map(pathParameter) }),
    ...Object.fromEntries(operations.map((operation) => [operation.method, operationOf(operation)])),
  };
}

const pathParameter = (name: string): ParameterV2 => ({
  name,
  in: "path",
  required: true,
  description: name === "name" ? "Name of the object." : "The namespace it is in.",
  type: "string",
  uniqueItems: true,
});

const queryParameter = ({ name, type, description }: Parameter): ParameterV2 => ({
  name,
  in: "query",
  description,
  type,
  uniqueItems: true,
});

const reference = (schema: string) => ({ $ref: `#/definitions/${schema}` });

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

function operationOf({ action, id, tag, description, kind, query, takes, gives }: Operation): OperationV2 {
  const answer = { description: "OK", schema: gives ? reference(gives) : { type: "string" } };
  const body: ParameterV2[] = takes
    ? [{ name: "body", in: "body", required: !action.startsWith("delete"), schema: reference(takes) }]
    : [];
  return {
    tags: [tag],
    description,
    operationId: id,
    consumes: action === "patch" ? patchTypes : ["*/*"],
    produces: gives ? ["application/json", "application/yaml"] : ["*/*"],
    ...(query.length + body.length > 0 && { parameters: [...body, ...query.map(queryParameter)] }),
    responses: {
      200: answer,
      ...(action === "post" && { 201: { ...answer, description: "Created" } }),
      401: { description: "Unauthorized" },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kind,
  };
}
