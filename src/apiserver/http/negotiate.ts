import { ApiError } from "#api/meta/api-error.ts";

/** In which shape objects go out: as they are, as rows of a table, or reduced to their metadata. */
export type Shape = "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export interface Format {
  readonly media: "application/json" | "application/yaml";
  readonly shape: Shape;
  readonly pretty: boolean;
  /** How much of the object each row of a table carries. */
  readonly includeObject: "None" | "Metadata" | "Object";
}

const metaVersions = ["v1", "v1beta1"];
const shapes: readonly string[] = ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"] satisfies Shape[];

interface Clause {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Clauses of an Accept header, the most wanted first. */
export function acceptClauses(accept: string | undefined): readonly Clause[] {
  const text = accept?.trim() || "*/*";
  return text
    .split(",")
    .map((clause) => {
      const [type = "", ...rest] = clause.split(";").map((part) => part.trim());
      const params = new Map(
        rest.map((pair) => [pair.split("=", 1)[0]?.trim() ?? "", pair.slice(pair.indexOf("=") + 1).trim()]),
      );
      return { type: type.toLowerCase(), params, quality: Number(params.get("q") ?? 1) };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
}

const notAcceptable = () =>
  new ApiError(
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );

interface Headers {
  readonly accept?: string | undefined;
  readonly "user-agent"?: string | undefined;
}

const plainJson: Format = { media: "application/json", shape: "object", pretty: false, includeObject: "Metadata" };

/** The first form that the client accepts and we can give. Throws ApiError `NotAcceptable`. */
export function negotiate(headers: Headers, query: URLSearchParams): Format {
  if (headers.accept === "application/json" && query.size === 0 && !/^[cWM]/.test(headers["user-agent"] ?? "")) {
    return plainJson;
  }
  for (const { type, params } of acceptClauses(headers.accept)) {
    const media = mediaOf(type);
    const shape = media && shapeOf(params);
    if (!media || !shape) continue;
    const include = query.get("includeObject");
    if (shape === "Table" && include && !["None", "Metadata", "Object"].includes(include)) {
      throw new ApiError("BadRequest", `unrecognized includeObject value: ${JSON.stringify(include)}`);
    }
    return {
      media,
      shape,
      pretty: isPretty(headers, query, params),
      includeObject: (include || "Metadata") as Format["includeObject"],
    };
  }
  throw notAcceptable();
}

function mediaOf(type: string): Format["media"] | undefined {
  if (type === "*/*" || type === "application/*" || type === "application/json") return "application/json";
  return type === "application/yaml" ? "application/yaml" : undefined;
}

function shapeOf(params: ReadonlyMap<string, string>): Shape | undefined {
  const as = params.get("as");
  if (!as) return "object";
  const known =
    shapes.includes(as) && params.get("g") === "meta.k8s.io" && metaVersions.includes(params.get("v") ?? "");
  return known ? (as as Shape) : undefined;
}

/** People who look with curl or a browser get lines and indentation, as from Kubernetes. */
function isPretty(headers: Headers, query: URLSearchParams, params: ReadonlyMap<string, string>): boolean {
  const asked = query.get("pretty") ?? params.get("pretty");
  if (asked !== undefined && asked !== null) return asked !== "false" && asked !== "0";
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers["user-agent"] ?? "");
}
