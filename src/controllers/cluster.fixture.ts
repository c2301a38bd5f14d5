import type { Deployment } from "#api/apps/v1/deployment.ts";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { type ReplicaSet, ReplicaSets } from "#api/apps/v1/replica-set.ts";
import { Events } from "#api/core/v1/event.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { Client } from "#client/client.ts";
import { annotations } from "./deployment-revision.plan.ts";

/** What tests of controllers ask of a cluster again and again. */
export const namespace = "default";

export function web(replicas: number, image = "web:1", spec: Draft<Deployment["spec"]> = {}): Draft<Deployment> {
  const labels = { app: "web" };
  return {
    metadata: { name: "web", namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image }] } },
      ...spec,
    },
  };
}

export function bare(name: string, labels: Record<string, string> = { app: "web" }): Draft<Pod> {
  return { metadata: { name, namespace, labels }, spec: { containers: [{ name: "main", image: "web:1" }] } };
}

export const pods = async (client: Client): Promise<readonly Pod[]> => (await client.list(Pods, { namespace })).items;

export const images = async (client: Client): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const pod of await pods(client)) {
    const image = pod.spec.containers?.[0]?.image ?? "";
    counts[image] = (counts[image] ?? 0) + 1;
  }
  return counts;
};

/** The sets by revision: image → replicas. */
export async function revisions(client: Client): Promise<Record<string, string>> {
  const { items } = await client.list(ReplicaSets, { namespace });
  const revision = (rs: ReplicaSet) => Number(rs.metadata.annotations?.[annotations.revision]);
  const entries = items
    .toSorted((a, b) => revision(a) - revision(b))
    .map((rs) => [String(revision(rs)), `${rs.spec.template?.spec?.containers?.[0]?.image} ${rs.spec.replicas}`]);
  return Object.fromEntries(entries);
}

export const deploymentNow = (client: Client): Promise<Deployment> =>
  client.get(Deployments, { namespace, name: "web" });

export const setImage = (client: Client, image: string): Promise<Deployment> =>
  patchSpec(client, { template: { spec: { containers: [{ name: "main", image }] } } });

export const patchSpec = (client: Client, spec: Draft<Deployment["spec"]>): Promise<Deployment> =>
  client.patch(Deployments, { namespace, name: "web" }, { type: "strategic", body: { spec } });

/** Reason and status of a Deployment's conditions, and messages where asked for. */
export async function conditions(client: Client): Promise<Record<string, string>> {
  const { status } = await deploymentNow(client);
  return Object.fromEntries((status?.conditions ?? []).map((each) => [each.type, `${each.status} ${each.reason}`]));
}

/** `reason: message` of the events about an object, in the order they were written. */
export async function eventsAbout(client: Client, kind: string, name?: string): Promise<string[]> {
  const { items } = await client.list(Events);
  return items
    .filter(({ involvedObject }) => involvedObject.kind === kind && (!name || involvedObject.name === name))
    .toSorted((a, b) => (a.metadata.name.split(".").at(-1)! < b.metadata.name.split(".").at(-1)! ? -1 : 1))
    .map(({ reason, message }) => `${reason}: ${message}`);
}
