import { Deployments, Pods, ReplicaSets, Services } from "#api/catalog.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { formatSelector, fromLabels, fromSpec, type Selector } from "#api/meta/selector.ts";
import type { Access } from "./access.ts";
import { UsageError } from "./command.ts";
import { parseOne } from "./kinds.ts";

/** The pod that is meant: itself, or one of those behind a Deployment, ReplicaSet or Service. */
export async function podMeant(args: readonly string[], { client, namespace }: Access): Promise<Pod> {
  const { resource, name } = parseOne(args, Pods);
  if (resource === Pods) return client.get(Pods, { namespace, name });
  const selector = await selectorOf(args, { client, namespace });
  const { items } = await client.list(Pods, { namespace, labelSelector: formatSelector(selector) });
  const running = items.find((pod) => pod.status?.phase === "Running" && !pod.metadata.deletionTimestamp);
  const chosen = running ?? items[0];
  if (!chosen) throw new UsageError(`there are no pods behind ${resource.singular}/${name}`);
  return chosen;
}

async function selectorOf(
  args: readonly string[],
  { client, namespace }: Pick<Access, "client" | "namespace">,
): Promise<Selector> {
  const { resource, name } = parseOne(args);
  const key = { namespace, name };
  if (resource === Services) return fromLabels((await client.get(Services, key)).spec.selector);
  if (resource === Deployments) return fromSpec((await client.get(Deployments, key)).spec.selector);
  if (resource === ReplicaSets) return fromSpec((await client.get(ReplicaSets, key)).spec.selector);
  throw new UsageError(`${resource.plural} have no pods behind them: name a pod, deployment, replicaset or service`);
}
