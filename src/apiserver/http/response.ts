import { ApiError } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectList } from "#api/meta/watch.ts";
import { toYaml } from "#api/meta/yaml.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { encodedJson } from "../registry/codec.ts";
import type { HttpReply } from "./exchange.ts";
import type { Format } from "./negotiate.ts";
import { columnDefinitions, partialMetadata, tableOf, tableRow } from "./table.ts";

const comma = Buffer.from(",");
const endOfList = Buffer.from("]}\n");
const newline = Buffer.from("\n");

/** Only YAML makes one wait, for its library. */
type Reply = HttpReply | Promise<HttpReply>;

/** The answer to a request about one object. A Status is always sent as it is. */
export function objectReply(status: number, object: object, resource: Resource, format: Format, now: number): Reply {
  const { kind, metadata } = object as Partial<KubeObject>;
  if (format.shape === "object" || kind === "Status" || !metadata) {
    return bytesReply(status, [encodedJson(object), newline], format);
  }
  if (format.shape === "PartialObjectMetadataList") {
    throw notThatShape(`you requested ${format.shape}, but the requested object is not a list type (${kind})`);
  }
  const kube = object as KubeObject;
  if (format.shape === "PartialObjectMetadata") {
    return bytesReply(status, [Buffer.from(`${partialMetadata(kube)}\n`)], format);
  }
  const { resourceVersion } = kube.metadata;
  const rows = [tableRow(resource, kube, format.includeObject, now)];
  const table = tableOf({ resourceVersion }, columnDefinitions(resource), rows);
  return bytesReply(status, [Buffer.from(`${table}\n`)], format);
}

/** The answer to a list: stored bytes put together, nothing parsed or encoded that has been before. */
export function listReply(list: ObjectList, resource: Resource, format: Format, now: number): Reply {
  switch (format.shape) {
    case "object": {
      const head = listHead(`${resource.kind}List`, apiVersionOf(resource), list);
      return bytesReply(200, joined(head, list.items.map(encodedJson)), format);
    }
    case "PartialObjectMetadataList": {
      const head = listHead("PartialObjectMetadataList", "meta.k8s.io/v1", list);
      return bytesReply(
        200,
        joined(
          head,
          list.items.map((item) => Buffer.from(partialMetadata(item))),
        ),
        format,
      );
    }
    case "PartialObjectMetadata":
      throw notThatShape(`you requested ${format.shape}, but the requested object is a list (${resource.kind}List)`);
    case "Table": {
      const rows = list.items.map((item) => tableRow(resource, item, format.includeObject, now));
      return bytesReply(200, [Buffer.from(`${tableOf(list.metadata, columnDefinitions(resource), rows)}\n`)], format);
    }
  }
}

/** A failure as a Status, with the header that tells when to come again. */
export function errorReply(error: ApiError): HttpReply {
  const seconds = error.details?.retryAfterSeconds;
  return {
    status: error.code,
    headers: { ...jsonHeaders, ...(seconds !== undefined && { "retry-after": String(seconds) }) },
    body: Buffer.from(`${JSON.stringify(error.toStatus())}\n`),
  };
}

const notThatShape = (message: string) => new ApiError("NotAcceptable", message);

function listHead(kind: string, apiVersion: string, list: ObjectList): Buffer {
  const { resourceVersion, continue: next, remainingItemCount } = list.metadata;
  const metadata = { resourceVersion, ...(next && { continue: next, remainingItemCount }) };
  return Buffer.from(`{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`);
}

function joined(head: Buffer, items: readonly Buffer[]): Buffer[] {
  const parts = [head];
  for (const [i, item] of items.entries()) {
    if (i > 0) parts.push(comma);
    parts.push(item);
  }
  parts.push(endOfList);
  return parts;
}

const jsonHeaders = { "content-type": "application/json", "cache-control": "no-cache, private" };

function bytesReply(status: number, json: readonly Buffer[], { media, pretty }: Format): Reply {
  const body = Buffer.concat(json);
  if (media === "application/yaml") return yamlReply(status, body);
  if (!pretty) return { status, headers: jsonHeaders, body };
  return {
    status,
    headers: jsonHeaders,
    body: Buffer.from(`${JSON.stringify(JSON.parse(body.toString()), null, 2)}\n`),
  };
}

async function yamlReply(status: number, json: Buffer): Promise<HttpReply> {
  const text = await toYaml(JSON.parse(json.toString()));
  return { status, headers: { ...jsonHeaders, "content-type": "application/yaml" }, body: Buffer.from(text) };
}
