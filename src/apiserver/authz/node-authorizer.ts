import type { UserInfo } from "#client/transport.ts";
import {
  type Attributes,
  type Authorizer,
  allow,
  type Decision,
  noOpinion,
  type ResourceAttributes,
} from "./authorizer.ts";
import { nodesGroup, nodeUserPrefix } from "./groups.ts";
import type { NodeGraph, Referent } from "./node-graph.ts";

/** The node that a user is, if it is one. */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  if (!name.startsWith(nodeUserPrefix) || !groups.includes(nodesGroup)) return undefined;
  return name.slice(nodeUserPrefix.length) || undefined;
}

const reading = new Set(["get", "list", "watch"]);
const leaseNamespace = "kube-node-lease";

const refuse = (reason: string): Decision => ({ verdict: "noOpinion", reason });

/** A node may do what it needs to run its own pods, and nothing about other nodes. */
export function nodeAuthorizer(graph: NodeGraph): Authorizer {
  return {
    authorize(attributes) {
      const node = nodeNameOf(attributes.user);
      if (node === undefined || !attributes.resource) return noOpinion;
      return decide(node, attributes, attributes.resource, graph);
    },
  };
}

function decide(node: string, { verb }: Attributes, resource: ResourceAttributes, graph: NodeGraph): Decision {
  const { group, plural, subresource = "", namespace, name } = resource;
  const noun = `${group ? `${plural}.${group}` : plural}${subresource && `/${subresource}`}`;
  switch (noun) {
    case "nodes":
    case "nodes/status":
      return decideNode(node, verb, resource);
    case "pods":
    case "pods/status":
    case "pods/eviction":
      return decidePod(node, verb, resource, graph);
    case "configmaps":
    case "secrets":
    case "persistentvolumeclaims":
      return reading.has(verb) ? decideReferent(node, plural as Referent, resource, graph) : noOpinion;
    case "serviceaccounts":
      return verb === "get" ? decideReferent(node, "serviceaccounts", resource, graph) : noOpinion;
    case "serviceaccounts/token":
      return verb === "create" ? decideReferent(node, "serviceaccounts", resource, graph) : noOpinion;
    case "services":
    case "endpoints":
    case "endpointslices.discovery.k8s.io":
    case "runtimeclasses.node.k8s.io":
      return reading.has(verb) ? allow : noOpinion;
    case "ingresses.networking.k8s.io": // every node forwards requests by host and path
    case "ingressclasses.networking.k8s.io":
    case "dns.minik8s.io":
      return reading.has(verb) ? allow : noOpinion;
    case "events":
    case "events.events.k8s.io":
      return verb === "create" || verb === "update" || verb === "patch" ? allow : noOpinion;
    case "leases.coordination.k8s.io":
      return decideLease(node, verb, { namespace, name });
    case "certificatesigningrequests.certificates.k8s.io":
      return verb === "create" || reading.has(verb) ? allow : noOpinion;
    case "tokenreviews.authentication.k8s.io":
    case "subjectaccessreviews.authorization.k8s.io":
    case "localsubjectaccessreviews.authorization.k8s.io":
      return verb === "create" ? allow : noOpinion;
    default:
      return noOpinion;
  }
}

function decideNode(node: string, verb: string, { name, subresource }: ResourceAttributes): Decision {
  // the name of a node that registers itself stands in the object, where admission looks at it
  if (verb === "create") return subresource ? noOpinion : allow;
  if (name !== node)
    return refuse(
      reading.has(verb)
        ? "node can only read its own Node object"
        : `node "${node}" cannot ${verb} node "${name ?? ""}"`,
    );
  if (reading.has(verb)) return allow;
  return verb === "update" || verb === "patch" ? allow : noOpinion;
}

function decidePod(node: string, verb: string, resource: ResourceAttributes, graph: NodeGraph): Decision {
  const { namespace = "", name, subresource, fields } = resource;
  if (verb === "list" || verb === "watch") {
    const own = fields?.some(({ field, equal, value }) => field === "spec.nodeName" && equal && value === node);
    const known = name !== undefined && graph.holds(node, namespace, name);
    return own || known ? allow : refuse("can only list/watch pods with spec.nodeName field selector");
  }
  if (verb === "create" && !subresource) return allow; // admission sees to it that these are mirror pods
  if (verb !== "get" && verb !== "delete" && !subresource) return noOpinion;
  if (name === undefined || !graph.holds(node, namespace, name)) {
    return refuse(`no relationship found between node '${node}' and this object`);
  }
  return allow;
}

function decideReferent(
  node: string,
  kind: Referent,
  { namespace, name }: ResourceAttributes,
  graph: NodeGraph,
): Decision {
  if (!name || !namespace) return refuse("can only read namespaced object of this type");
  if (graph.refers(node, kind, namespace, name)) return allow;
  return refuse(`no relationship found between node '${node}' and this object`);
}

const leaseVerbs = new Set(["get", "create", "update", "patch", "delete"]);

function decideLease(
  node: string,
  verb: string,
  { namespace, name }: { namespace: string | undefined; name: string | undefined },
): Decision {
  if (!leaseVerbs.has(verb)) return refuse("can only get, create, update, patch, or delete a node lease");
  if (namespace !== leaseNamespace) return refuse(`can only access leases in the "${leaseNamespace}" system namespace`);
  if (verb !== "create" && name !== node)
    return refuse("can only access node lease with the same name as the requesting node");
  return allow;
}
