import { Pods } from "#api/catalog.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#controller/events.ts";
import type { Clock } from "#kit/clock.ts";

export interface Reporting {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

/** Tells in an event and in the pod's status that nobody can take it, and which node is being emptied for it. */
export async function reportFailure(
  pod: Pod,
  { message, nominated }: { readonly message: string; readonly nominated?: string | undefined },
  { client, events, clock }: Reporting,
): Promise<void> {
  events.event(pod, "Warning", "FailedScheduling", message);
  const known = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const told = known?.status === "False" && known.message === message;
  if (told && (nominated === undefined || nominated === pod.status?.nominatedNodeName)) return;
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message,
    lastProbeTime: null,
    lastTransitionTime: known?.status === "False" ? known.lastTransitionTime : timestamp(clock.now()),
  };
  const status = { conditions: [condition], ...(nominated !== undefined && { nominatedNodeName: nominated }) };
  const { namespace = "", name, uid } = pod.metadata;
  const body = { metadata: { uid }, status };
  await client
    .patch(Pods, { namespace, name }, { type: "strategic", body }, { subresource: "status" })
    .catch((error) => {
      if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or another pod of that name
    });
}

/** Removes a pod for a more important one, and says so. */
export async function evictVictim(victim: Pod, by: Pod, { client, events, clock }: Reporting): Promise<void> {
  const { namespace = "", name, uid } = victim.metadata;
  if (victim.metadata.deletionTimestamp) return;
  const message = `default-scheduler: preempting to accommodate a higher priority pod`;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message,
    lastTransitionTime: timestamp(clock.now()),
  };
  try {
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    await client.patch(Pods, { namespace, name }, { type: "strategic", body }, { subresource: "status" });
    await client.delete(Pods, { namespace, name }, { preconditions: { uid } });
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return; // it went by itself
    throw error;
  }
  const node = victim.spec.nodeName ?? "";
  events.event(victim, "Normal", "Preempted", `Preempted by pod ${by.metadata.uid} on node ${node}`);
}
