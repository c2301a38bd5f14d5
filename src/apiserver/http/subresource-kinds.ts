import type { Resource, Subresource } from "#api/resource.ts";

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export const kindOf = ({ group, version, kind }: Resource): GroupVersionKind => ({ group, version, kind });

/** What a subresource takes or gives, where that is not the object itself. */
export function subresourceKind(resource: Resource, subresource: Subresource): GroupVersionKind {
  const core = (kind: string) => ({ group: "", version: "v1", kind });
  switch (subresource) {
    case "scale":
      return { group: "autoscaling", version: "v1", kind: "Scale" };
    case "eviction":
      return { group: "policy", version: "v1", kind: "Eviction" };
    case "token":
      return { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };
    case "binding":
      return core("Binding");
    case "exec":
      return core("PodExecOptions");
    case "attach":
      return core("PodAttachOptions");
    case "portforward":
      return core("PodPortForwardOptions");
    case "proxy":
      return core(`${resource.kind}ProxyOptions`);
    default:
      return kindOf(resource);
  }
}

const allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** Groups whose kinds are questions to the server: created, answered and not kept. */
const reviewGroups = ["authentication.k8s.io", "authorization.k8s.io"];

/** The verbs of a kind: namespaces are never deleted by the dozen. */
export function verbsOf({ group, plural }: Resource): readonly string[] {
  if (reviewGroups.includes(group)) return ["create"];
  if (group === "metrics.k8s.io") return ["get", "list"];
  return group === "" && plural === "namespaces" ? allVerbs.filter((verb) => verb !== "deletecollection") : allVerbs;
}

export const subresourceVerbs: Readonly<Record<Subresource, readonly string[]>> = {
  status: ["get", "patch", "update"],
  scale: ["get", "patch", "update"],
  finalize: ["update"],
  binding: ["create"],
  eviction: ["create"],
  token: ["create"],
  log: ["get"],
  exec: ["create", "get"],
  attach: ["create", "get"],
  portforward: ["create", "get"],
  proxy: ["create", "delete", "get", "patch", "update"],
};

/** Subresources that are a conversation with a container rather than an object. */
export type Connection = "log" | "exec" | "attach" | "portforward" | "proxy";

const connections: ReadonlySet<string> = new Set<Connection>(["log", "exec", "attach", "portforward", "proxy"]);

export const isConnection = (subresource: Subresource): subresource is Connection => connections.has(subresource);
