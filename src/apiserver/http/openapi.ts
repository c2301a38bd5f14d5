import { createHash } from "node:crypto";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { type HttpReply, jsonReply, type KnownRequest } from "./exchange.ts";
import { acceptClauses } from "./negotiate.ts";
import { openApiV2 } from "./openapi-v2.ts";
import { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";
import { openApiV3 } from "./openapi-v3.ts";
import type { PathTable } from "./path-router.ts";
import { noSuchPath } from "./request-info.ts";
import type { ServedResources } from "./served-resources.ts";

interface Document {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
}

/** The schemas of everything that is served. Nothing is made before somebody asks, and then once until kinds change. */
export function openApi(served: ServedResources): PathTable {
  const cached = cacheFor(served);
  const v3 = (groupVersion: string): Document => {
    const resources = served.all().filter((r) => apiVersionOf(r) === groupVersion);
    if (resources.length === 0) throw noSuchPath();
    return cached(`v3/${groupVersion}`, "application/json", () => toJson(openApiV3(resources)));
  };
  const v2Json = () => cached("v2", "application/json", () => toJson(openApiV2(served.all())));
  const v2Protobuf = () => cached("v2.pb", givenProtobuf, () => encodeOpenApiV2(openApiV2(served.all())));
  return {
    "/openapi/v3": () =>
      jsonReply(200, { paths: Object.fromEntries(groupVersions(served).map((gv) => indexEntry(gv, v3(gv)))) }),
    "/openapi/v3/*": (request) => reply(request, v3(groupVersionIn(request.path))),
    "/openapi/v2": (request) => reply(request, wantsProtobuf(request.headers.accept) ? v2Protobuf() : v2Json()),
  };
}

const toJson = (value: object) => Buffer.from(JSON.stringify(value));

function cacheFor(served: ServedResources) {
  const documents = new Map<string, Document>();
  let generation = served.generation;
  return (key: string, type: string, make: () => Buffer): Document => {
    if (generation !== served.generation) documents.clear();
    generation = served.generation;
    const known = documents.get(key);
    if (known) return known;
    const body = make();
    const document = { type, body, etag: `"${createHash("sha256").update(body).digest("hex").toUpperCase()}"` };
    documents.set(key, document);
    return document;
  };
}

const groupVersions = (served: ServedResources) => [...new Set(served.all().map((r: Resource) => apiVersionOf(r)))];

const pathOfGroupVersion = (groupVersion: string) =>
  groupVersion.includes("/") ? `apis/${groupVersion}` : `api/${groupVersion}`;

/** The hash in the address lets clients keep the document for ever. */
function indexEntry(groupVersion: string, { etag }: Document): [string, object] {
  const path = pathOfGroupVersion(groupVersion);
  return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${etag.slice(1, -1)}` }];
}

function groupVersionIn(path: string): string {
  const [root, ...rest] = path.slice("/openapi/v3/".length).split("/").filter(Boolean);
  const groupVersion = rest.join("/");
  if (root === undefined || pathOfGroupVersion(groupVersion) !== `${root}/${groupVersion}`) throw noSuchPath();
  return groupVersion;
}

const askedProtobuf = [
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
  "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
];

/** What they ask for is no valid media type (the @), so the answer bears another name. */
const givenProtobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** Whether the protobuf form is wanted more than JSON. */
function wantsProtobuf(accept: string | undefined): boolean {
  const json = ["application/json", "application/*", "*/*"];
  const first = acceptClauses(accept).find(({ type }) => json.includes(type) || askedProtobuf.includes(type));
  return first !== undefined && askedProtobuf.includes(first.type);
}

function reply({ headers, query }: KnownRequest, { type, body, etag }: Document): HttpReply {
  const lasting = query.get("hash") === etag.slice(1, -1);
  const common = {
    "content-type": type,
    etag,
    vary: "Accept",
    "cache-control": lasting ? "public, immutable" : "no-cache, private",
  };
  const fresh = headers["if-none-match"]?.split(",").some((tag) => tag.trim() === etag);
  return fresh ? { status: 304, headers: common, body: Buffer.alloc(0) } : { status: 200, headers: common, body };
}
