import { createHash } from "node:crypto";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { type HttpReply, jsonReply, type KnownRequest } from "./exchange.ts";
import { acceptClauses } from "./negotiate.ts";
import type { PathTable } from "./path-router.ts";
import { noSuchPath } from "./request-info.ts";
import type { ServedResources } from "./served-resources.ts";
import { kindOf, subresourceKind, subresourceVerbs, verbsOf } from "./subresource-kinds.ts";

/** What is served, in the two forms that clients ask for: document by document, and all at once (aggregated, v2). */
export function discovery(served: ServedResources): PathTable {
  const aggregated = aggregatedDiscovery(served);
  return {
    "/api": (request) => aggregated(request, "core") ?? jsonReply(200, apiVersions(request)),
    "/apis": (request) => aggregated(request, "groups") ?? jsonReply(200, groupList(served)),
    "/api/v1": () => jsonReply(200, resourceList(served, "", "v1")),
    "/apis/*": ({ path }) => {
      const [group = "", version, ...more] = path.split("/").filter(Boolean).slice(1);
      if (more.length > 0) throw noSuchPath();
      return jsonReply(
        200,
        version === undefined ? groupDocument(served, group) : resourceList(served, group, version),
      );
    },
  };
}

const apiVersions = ({ headers }: KnownRequest) => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [
    { clientCIDR: "0.0.0.0/0", serverAddress: headers.host ?? String(headers[":authority"] ?? "") },
  ],
});

const groupList = (served: ServedResources) => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groupNames(served)
    .filter(Boolean)
    .map((name) => group(served, name)),
});

function groupDocument(served: ServedResources, name: string) {
  if (!groupNames(served).includes(name) || name === "") throw noSuchPath();
  return { kind: "APIGroup", apiVersion: "v1", ...group(served, name) };
}

function group(served: ServedResources, name: string) {
  const versions = versionsOf(served, name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(served: ServedResources, name: string, version: string) {
  const resources = resourcesOf(served, name, version);
  if (resources.length === 0) throw noSuchPath();
  return {
    kind: "APIResourceList",
    ...(name && { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group: name, version }),
    resources: resources.flatMap(legacyEntries).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const groupNames = (served: ServedResources) => [...new Set(served.all().map((r) => r.group))];

const versionsOf = (served: ServedResources, name: string) => [
  ...new Set(
    served
      .all()
      .filter((r) => r.group === name)
      .map((r) => r.version),
  ),
];

const resourcesOf = (served: ServedResources, name: string, version: string) =>
  served
    .all()
    .filter((r) => r.group === name && r.version === version)
    .toSorted((a, b) => (a.plural < b.plural ? -1 : 1));

function legacyEntries(resource: Resource) {
  const namespaced = resource.scope === "Namespaced";
  const main = {
    name: resource.plural,
    singularName: resource.singular,
    namespaced,
    kind: resource.kind,
    verbs: verbsOf(resource),
    ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
    ...(resource.categories.length > 0 && { categories: resource.categories }),
    ...(verbsOf(resource).includes("get") && { storageVersionHash: storageVersionHash(resource) }),
  };
  const below = resource.subresources.map((subresource) => {
    const { group, version, kind } = subresourceKind(resource, subresource);
    const foreign = group !== resource.group || version !== resource.version;
    const verbs = subresourceVerbs[subresource];
    const name = `${resource.plural}/${subresource}`;
    return { name, singularName: "", namespaced, ...(foreign && { group, version }), kind, verbs };
  });
  return [main, ...below];
}

/** Tells clients that migrate stored objects when the stored form has changed. */
function storageVersionHash({ group, version, kind }: Resource): string {
  const hash = createHash("sha256").update(`${group}/${version}/${kind}`).digest();
  return hash.subarray(0, 8).toString("base64");
}

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

type Half = "core" | "groups";

/** Answers whoever accepts the aggregated form with all of one half in one document, made once until kinds change. */
function aggregatedDiscovery(served: ServedResources) {
  const cache = new Map<Half, { generation: number; body: Buffer; etag: string }>();
  const documentOf = (half: Half) => {
    const cached = cache.get(half);
    if (cached?.generation === served.generation) return cached;
    const names = groupNames(served).filter((name) => (half === "core") === (name === ""));
    const body = Buffer.from(`${JSON.stringify(groupDiscoveryList(served, names))}\n`);
    const etag = `"${createHash("sha256").update(body).digest("hex").toUpperCase()}"`;
    const made = { generation: served.generation, body, etag };
    cache.set(half, made);
    return made;
  };
  return ({ headers }: KnownRequest, half: Half): HttpReply | undefined => {
    const wanted = acceptClauses(headers.accept).find(
      ({ type, params }) => type === "application/json" && (isAggregated(params) || !params.has("as")),
    );
    if (!wanted || !isAggregated(wanted.params)) return undefined;
    const { body, etag } = documentOf(half);
    const common = { "content-type": aggregatedType, etag, vary: "Accept", "cache-control": "public" };
    const fresh = headers["if-none-match"]?.split(",").some((tag) => tag.trim() === etag);
    return fresh ? { status: 304, headers: common, body: Buffer.alloc(0) } : { status: 200, headers: common, body };
  };
}

const isAggregated = (params: ReadonlyMap<string, string>) =>
  params.get("as") === "APIGroupDiscoveryList" && params.get("g") === "apidiscovery.k8s.io" && params.get("v") === "v2";

const groupDiscoveryList = (served: ServedResources, names: readonly string[]) => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: "apidiscovery.k8s.io/v2",
  metadata: {},
  items: names.map((name) => ({
    metadata: name ? { name, creationTimestamp: null } : { creationTimestamp: null },
    versions: versionsOf(served, name).map((version) => ({
      version,
      resources: resourcesOf(served, name, version).map(resourceDiscovery),
      freshness: "Current",
    })),
  })),
});

function resourceDiscovery(resource: Resource) {
  return {
    resource: resource.plural,
    responseKind: kindOf(resource),
    scope: resource.scope === "Namespaced" ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: verbsOf(resource),
    ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
    ...(resource.categories.length > 0 && { categories: resource.categories }),
    ...(resource.subresources.length > 0 && {
      subresources: resource.subresources.map((subresource) => ({
        subresource,
        responseKind: subresourceKind(resource, subresource),
        verbs: subresourceVerbs[subresource],
      })),
    }),
  };
}
