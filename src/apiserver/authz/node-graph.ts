import type { Pod, PodSpec } from "#api/core/v1/pod.ts";
import type { Ingress } from "#api/networking/v1/ingress.ts";
import { objectKey } from "../registry/keys.ts";
import type { Feed } from "../watch/feed.ts";

export type Referent = "configmaps" | "secrets" | "serviceaccounts" | "persistentvolumeclaims";

/** Which objects the pods of each node refer to: those the node needs to read to run them. */
export class NodeGraph {
  /** By node, then by `secrets/namespace/name`: how many of its pods refer to it. */
  readonly #references = new Map<string, Map<string, number>>();
  readonly #pods: Feed;

  /** `namespace/name` of Secrets whose certificates the proxy of every node shows: how many Ingresses name it. */
  readonly #certificates = new Map<string, number>();

  constructor(pods: Feed, ingresses?: Feed) {
    this.#pods = pods;
    pods.listen(({ type, object, previous }) => {
      if (previous) this.#count(previous as Pod, -1);
      if (type !== "DELETED") this.#count(object as Pod, 1);
    });
    ingresses?.listen(({ type, object, previous }) => {
      if (previous) this.#countCertificates(previous as Ingress, -1);
      if (type !== "DELETED") this.#countCertificates(object as Ingress, 1);
    });
  }

  /** Whether a pod on the node refers to the object, or its proxy. */
  refers(node: string, kind: Referent, namespace: string, name: string): boolean {
    if (kind === "secrets" && this.#certificates.has(`${namespace}/${name}`)) return true;
    return this.#references.get(node)?.has(`${kind}/${namespace}/${name}`) ?? false;
  }

  /** Whether the pod is on the node; a pod that is not there is on none. */
  holds(node: string, namespace: string, name: string): boolean {
    const pod = this.#pods.get(objectKey(this.#pods.resource, namespace, name)) as Pod | undefined;
    return pod?.spec.nodeName === node;
  }

  #countCertificates({ metadata: { namespace }, spec }: Ingress, by: 1 | -1): void {
    for (const name of new Set((spec.tls ?? []).map(({ secretName }) => secretName))) {
      if (!name) continue;
      const key = `${namespace}/${name}`;
      const count = (this.#certificates.get(key) ?? 0) + by;
      if (count > 0) this.#certificates.set(key, count);
      else this.#certificates.delete(key);
    }
  }

  #count(pod: Pod, by: 1 | -1): void {
    const node = pod.spec.nodeName;
    if (!node) return;
    const references = this.#references.get(node) ?? new Map<string, number>();
    this.#references.set(node, references);
    for (const each of new Set(referencesOf(pod))) {
      const count = (references.get(each) ?? 0) + by;
      if (count > 0) references.set(each, count);
      else references.delete(each);
    }
    if (references.size === 0) this.#references.delete(node);
  }
}

/** Everything in its namespace that a pod names. */
export function referencesOf({ metadata: { namespace = "" }, spec }: Pod): string[] {
  const found: string[] = [];
  const add = (kind: Referent, name: string | undefined) => {
    if (name) found.push(`${kind}/${namespace}/${name}`);
  };
  add("serviceaccounts", spec.serviceAccountName);
  for (const { name } of spec.imagePullSecrets ?? []) add("secrets", name);
  for (const container of [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add("configmaps", configMapRef?.name);
      add("secrets", secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add("configmaps", valueFrom?.configMapKeyRef?.name);
      add("secrets", valueFrom?.secretKeyRef?.name);
    }
  }
  addVolumes(spec.volumes ?? [], add);
  return found;
}

type Volume = NonNullable<PodSpec["volumes"]>[number];

function addVolumes(volumes: readonly Volume[], add: (kind: Referent, name: string | undefined) => void): void {
  for (const volume of volumes) {
    add("configmaps", volume.configMap?.name);
    add("secrets", volume.secret?.secretName);
    add("persistentvolumeclaims", volume.persistentVolumeClaim?.claimName);
    for (const source of volume.projected?.sources ?? []) {
      add("configmaps", source.configMap?.name);
      add("secrets", source.secret?.name);
    }
  }
}
