import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { forbidden } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { qualifiedName } from "#api/resource.ts";
import { equal } from "#schema/diff.ts";
import { nodeNameOf } from "../authz/node-authorizer.ts";
import { referencesOf } from "../authz/node-graph.ts";
import type { AdmissionPlugin, Review } from "./admission.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";
const leaseNamespace = "kube-node-lease";

/** What authorization cannot tell from the path: a node writes only about itself, and not what others decide. */
export const nodeRestriction: AdmissionPlugin = {
  name: "NodeRestriction",
  validate(review) {
    const node = nodeNameOf(review.user);
    if (node === undefined) return;
    const why = objection(node, review);
    if (why) throw forbidden(review.resource, review.name, why);
  },
};

function objection(node: string, review: Review): string | undefined {
  const { resource, subresource, namespace, name } = review;
  switch (qualifiedName(resource)) {
    case "nodes":
      return objectionToNode(JSON.stringify(node), review, name === node);
    case "pods":
      return subresource === "status" ? objectionToStatus(node, review) : objectionToPod(node, review);
    case "leases.coordination.k8s.io":
      if (namespace !== leaseNamespace) return `can only access leases in the "${leaseNamespace}" system namespace`;
      return name === node ? undefined : "can only access node lease with the same name as the requesting node";
    default:
      return undefined;
  }
}

function objectionToNode(me: string, { verb, name, object, old }: Review, own: boolean): string | undefined {
  if (!own) return `node ${me} is not allowed to modify node ${JSON.stringify(name)}`;
  const [next, before] = [object as Node | undefined, old as Node | undefined];
  if (!next || verb === "delete") return undefined;
  const labels = changedLabels(next, before).filter(isOthers);
  if (labels.length > 0) {
    const list = labels.toSorted().join(", ");
    return before
      ? `is not allowed to modify labels: ${list}`
      : `node ${me} is not allowed to set the following labels: ${list}`;
  }
  if (!before) return undefined;
  if (!equal(next.spec.taints, before.spec.taints)) return `node ${me} is not allowed to modify taints`;
  if (!equal(next.metadata.ownerReferences, before.metadata.ownerReferences)) {
    return `node ${me} is not allowed to modify ownerReferences`;
  }
  return undefined;
}

function changedLabels(next: KubeObject, old: KubeObject | undefined): string[] {
  const [now, before] = [next.metadata.labels ?? {}, old?.metadata.labels ?? {}];
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((key) => now[key] !== before[key]);
}

/** Labels of Kubernetes' own domains that a node may put on itself. */
const ownLabels = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
]);

function isOthers(label: string): boolean {
  const domain = label.includes("/") ? label.slice(0, label.indexOf("/")) : "";
  if (/(^|\.)node-restriction\.kubernetes\.io$/.test(domain)) return true;
  if (!/(^|\.)(kubernetes|k8s)\.io$/.test(domain) || ownLabels.has(label)) return false;
  return !/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(domain);
}

function objectionToPod(node: string, { verb, subresource, object, old }: Review): string | undefined {
  const me = JSON.stringify(node);
  if (verb === "delete") {
    const held = (old as Pod).spec.nodeName === node;
    return held ? undefined : `node ${me} can only delete pods with spec.nodeName set to itself`;
  }
  if (verb !== "create" || subresource) return `unexpected operation ${JSON.stringify(verb.toUpperCase())}`;
  const pod = object as Pod;
  if (pod.metadata.annotations?.[mirrorAnnotation] === undefined) {
    return `pod does not have ${JSON.stringify(mirrorAnnotation)} annotation, node ${me} can only create mirror pods`;
  }
  if (pod.spec.nodeName !== node) return `node ${me} can only create pods with spec.nodeName set to itself`;
  const [referent] = referencesOf(pod);
  if (referent) return `node ${me} can not create pods that reference ${referent.split("/", 1)[0]}`;
  return undefined;
}

function objectionToStatus(node: string, { object, old }: Review): string | undefined {
  const me = JSON.stringify(node);
  if ((old as Pod).spec.nodeName !== node) {
    return `node ${me} can only update pod status for pods with spec.nodeName set to itself`;
  }
  const same = equal((object as Pod).metadata.labels ?? {}, (old as Pod).metadata.labels ?? {});
  return same ? undefined : `node ${me} cannot update labels through pod status`;
}
