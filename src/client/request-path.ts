import type { ApiRequest, PatchType, RequestOptions, Verb } from "./transport.ts";

/** A request as HTTP carries it. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
}

const methods: Readonly<Record<Verb, string>> = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETE",
};

const patchTypes: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/** Path, query and body of a request to Kubernetes' API. */
export function wireRequest(request: ApiRequest): WireRequest {
  const { verb, patch, deleteOptions } = request;
  const query = queryOf(verb, request.options ?? {}).toString();
  const path = `${pathOf(request)}${query && `?${query}`}`;
  const method = methods[verb];
  if (patch) return { method, path, contentType: patchTypes[patch.type], body: JSON.stringify(patch.body) };
  if (verb === "create" || verb === "update") return { method, path, ...json(withKind(request)) };
  if (deleteOptions && Object.keys(deleteOptions).length > 0) {
    return { method, path, ...json({ kind: "DeleteOptions", apiVersion: "v1", ...deleteOptions }) };
  }
  return { method, path };
}

const json = (value: unknown) => ({ contentType: "application/json", body: JSON.stringify(value) });

/** Objects of the kind itself may be sent without saying what they are: the path does. */
function withKind({ resource, subresource, object }: ApiRequest): unknown {
  if (subresource !== undefined && subresource !== "status" && subresource !== "finalize") return object;
  return {
    apiVersion: resource.group ? `${resource.group}/${resource.version}` : resource.version,
    kind: resource.kind,
    ...(object as object),
  };
}

function pathOf({ verb, resource, namespace, name, subresource }: ApiRequest): string {
  const { group, version, plural, scope } = resource;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const within = scope === "Namespaced" && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const collection = `${root}${within}/${plural}`;
  // an object that is created has its name in its metadata; below an object's subresource it is part of the path
  if (name === undefined || (verb === "create" && !subresource)) return collection;
  return `${collection}/${encodeURIComponent(name)}${subresource ? `/${subresource}` : ""}`;
}

function queryOf(verb: Verb, options: RequestOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (verb === "watch") query.set("watch", "true");
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (name === "dryRun") {
      if (value) query.set("dryRun", "All");
    } else query.set(name, String(value));
  }
  return query;
}
