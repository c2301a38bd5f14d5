import { EndpointSlices, EndpointsResource, Namespaces, PriorityClasses, Services } from "#api/catalog.ts";
import { isAlreadyExists, isNotFound } from "#api/meta/api-error.ts";
import type { Draft, KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import type { Client } from "#client/client.ts";
import { equal } from "#schema/diff.ts";

/** Where the API server can be reached from within the cluster. */
export interface ApiEndpoint {
  readonly address: string;
  readonly port: number;
}

const namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];
const priorityClasses: readonly Draft<ObjectOf<typeof PriorityClasses>>[] = [
  {
    metadata: { name: "system-node-critical" },
    value: 2_000_001_000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
  {
    metadata: { name: "system-cluster-critical" },
    value: 2_000_000_000,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
];
const name = "kubernetes";
const namespace = "default";

/** Sees to it that what every cluster has is there: its first namespaces, and the service by which pods find the API. */
export async function bootstrap(
  client: Client,
  { serviceAddress, endpoint }: { readonly serviceAddress: string; readonly endpoint?: ApiEndpoint | undefined },
): Promise<void> {
  for (const each of namespaces) await ensure(client, Namespaces, { metadata: { name: each } });
  for (const each of priorityClasses) await ensure(client, PriorityClasses, each);
  await ensure(client, Services, service(serviceAddress, endpoint?.port ?? 6443));
  if (!endpoint) return;
  await keepEqual(client, EndpointsResource, endpoints(endpoint), "subsets");
  await keepEqual(client, EndpointSlices, slice(endpoint), "endpoints", "ports");
}

async function ensure<R extends Resource>(client: Client, resource: R, object: Draft<ObjectOf<R>>): Promise<void> {
  const { namespace, name = "" } = (object as Draft<KubeObject>).metadata ?? {};
  try {
    await client.get(resource, { namespace, name });
    return; // from an earlier start; to create it once more could fail for other reasons, as its address being taken
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    await client.create(resource, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error; // another server was quicker
  }
}

/** As `ensure`, but brings these fields up to date: the server may have moved since it was last started. */
async function keepEqual<R extends Resource>(
  client: Client,
  resource: R,
  wanted: Draft<ObjectOf<R>>,
  ...fields: string[]
): Promise<void> {
  let current: KubeObject;
  try {
    current = await client.get(resource, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await ensure(client, resource, wanted);
    return;
  }
  const has = current as unknown as Record<string, unknown>;
  const wants = wanted as unknown as Record<string, unknown>;
  if (fields.every((field) => equal(has[field], wants[field]))) return;
  const body = Object.fromEntries(fields.map((field) => [field, wants[field]]));
  await client.patch(resource, { namespace, name }, { type: "merge", body });
}

const service = (clusterIP: string, port: number): Draft<ObjectOf<typeof Services>> => ({
  metadata: { name, namespace, labels: { component: "apiserver", provider: "kubernetes" } },
  spec: {
    type: "ClusterIP",
    clusterIP,
    clusterIPs: [clusterIP],
    ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: port }],
    sessionAffinity: "None",
  },
});

const endpoints = ({ address, port }: ApiEndpoint): Draft<ObjectOf<typeof EndpointsResource>> => ({
  metadata: { name, namespace, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
  subsets: [{ addresses: [{ ip: address }], ports: [{ name: "https", port, protocol: "TCP" }] }],
});

const slice = ({ address, port }: ApiEndpoint): Draft<ObjectOf<typeof EndpointSlices>> => ({
  metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
  addressType: "IPv4",
  endpoints: [{ addresses: [address], conditions: { ready: true } }],
  ports: [{ name: "https", port, protocol: "TCP" }],
});
