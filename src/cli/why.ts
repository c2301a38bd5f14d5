import { Events, Namespaces, Nodes, Pods } from "#api/catalog.ts";
import type { Event } from "#api/core/v1/event.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { isForbidden, isNotFound } from "#api/meta/api-error.ts";
import { parseTime } from "#api/meta/time.ts";
import type { Client } from "#client/client.ts";
import { systemClock } from "#kit/clock.ts";
import { accessFlags, namespaceFlag, withAccess } from "./access.ts";
import { type Command, UsageError } from "./command.ts";
import { nodeRefusals } from "./node-refusals.ts";
import { whyPod } from "./why.plan.ts";

export const whyCommand: Command = {
  name: "why",
  args: "<TYPE/NAME|TYPE NAME>",
  summary: "tell in plain words why a pod is pending, not ready, restarting or gone, as in: why pod web",
  flags: [...accessFlags, namespaceFlag],
  run: (invocation) =>
    withAccess(invocation, async ({ client, namespace }) => {
      const name = podName(invocation.args);
      const key = { namespace, name };
      const pod = await client.get(Pods, key).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      const events = await eventsOf(client, key, pod);
      const nodes = pod && !pod.spec.nodeName ? await refusals(client, pod) : new Map<string, readonly string[]>();
      const facts = { namespace, name, pod, events, nodes, now: systemClock.now() };
      for (const line of whyPod(facts)) invocation.out.line(line);
      return pod ? 0 : 1;
    }),
};

/** Throws UsageError. */
function podName(args: readonly string[]): string {
  const [type = "", name] = args.length === 1 ? (args[0] ?? "").split("/") : args;
  if (!name) throw new UsageError("name the pod, as in: minik8s why pod web");
  if (!["pod", "pods", "po"].includes(type)) throw new UsageError(`why is about pods, not about ${type}`);
  return name;
}

/** Of the pod that is there, or of all that ever had the name. */
async function eventsOf(client: Client, { namespace, name }: { namespace: string; name: string }, pod?: Pod) {
  const fields = [`involvedObject.kind=Pod,involvedObject.name=${name}`];
  if (pod) fields.push(`involvedObject.uid=${pod.metadata.uid}`);
  const { items } = await client.list(Events, { namespace, fieldSelector: fields.join(",") });
  return items.toSorted((a, b) => timeOf(a) - timeOf(b));
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: Event) =>
  parseTime(lastTimestamp ?? eventTime ?? metadata.creationTimestamp) || 0;

/** Who may not see the whole cluster still learns what the scheduler has said. */
async function refusals(client: Client, pod: Pod): Promise<Map<string, readonly string[]>> {
  try {
    const [nodes, pods, namespaces] = await Promise.all([
      client.list(Nodes),
      client.list(Pods),
      client.list(Namespaces),
    ]);
    return nodeRefusals(pod, { nodes: nodes.items, pods: pods.items, namespaces: namespaces.items });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const told = pod.status?.conditions?.find(({ type }) => type === "PodScheduled")?.message;
    return new Map([["all nodes", [told ?? "you may not see them, and the scheduler has said nothing yet"]]]);
  }
}
