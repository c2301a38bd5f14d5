import { Nodes } from "#api/core/v1/node.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import { timestamp } from "#api/meta/time.ts";
import { type ControllerDefinition, cacheIndex, type ReconcileContext, wake } from "#controller/controller.ts";
import { byNode } from "./node-lifecycle.ts";
import { endedPodsToDelete, neverAssigned } from "./pod-gc.plan.ts";
import { hasEnded } from "./pods.ts";

export interface PodGcOptions {
  /** So many ended pods are kept for people to look at. */
  readonly terminatedThreshold?: number;
}

const sweepIntervalMs = 20_000;
/** A node that is missing may be about to be registered again. */
const quarantineMs = 40_000;
/** The key under which the whole cluster is swept; no node can have this name. */
const sweep = "*";

/** Removes pods that nobody else will: ended ones past a threshold, those of nodes that are gone, never assigned ones. */
export function podGcController(options: PodGcOptions = {}): ControllerDefinition<typeof Nodes> {
  const { terminatedThreshold = 12_500 } = options;
  const missingSince = new Map<string, number>();
  return {
    name: "pod-garbage-collector",
    for: Nodes,
    indexes: [cacheIndex(Pods, byNode, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []))],
    wakes: [
      wake(Pods, ({ spec: { nodeName } }, { cache }) =>
        nodeName && !cache.find(Nodes, { name: nodeName }) ? [{ name: nodeName }] : [],
      ),
    ],
    begin: [{ name: sweep }],

    async reconcile({ name }, context) {
      const { cache, clock } = context;
      if (name === sweep) {
        const pods = cache.all(Pods);
        for (const pod of endedPodsToDelete(pods, terminatedThreshold)) await remove(pod, context);
        for (const pod of neverAssigned(pods)) await remove(pod, context);
        return { again: sweepIntervalMs };
      }
      const pods = cache.indexed(Pods, byNode, name);
      if (cache.find(Nodes, { name }) || pods.length === 0) {
        missingSince.delete(name);
        return;
      }
      const since = missingSince.get(name) ?? clock.now();
      missingSince.set(name, since);
      const left = since + quarantineMs - clock.now();
      if (left > 0) return { again: left };
      if (await nodeExists(name, context)) return { again: quarantineMs };
      for (const pod of pods) await removeOrphan(pod, context);
    },
  };
}

/** Deleting the pods of a node that is there would be a disaster, so the server is asked and not the cache. */
async function nodeExists(name: string, { client }: ReconcileContext): Promise<boolean> {
  try {
    await client.get(Nodes, { name });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function removeOrphan(pod: Pod, context: ReconcileContext): Promise<void> {
  const { client, clock } = context;
  if (!hasEnded(pod)) {
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByPodGC",
      message: "PodGC: node no longer exists",
      lastTransitionTime: timestamp(clock.now()),
    };
    const body = { metadata: { uid: pod.metadata.uid }, status: { phase: "Failed", conditions: [condition] } };
    try {
      await client.patch(Pods, pod.metadata, { type: "strategic", body }, { subresource: "status" });
    } catch (error) {
      if (!isNotFound(error)) throw error; // gone already
    }
  }
  await remove(pod, context);
}

/** At once: there is no kubelet that would confirm a graceful end. */
async function remove({ metadata }: Pod, { client }: ReconcileContext): Promise<void> {
  try {
    await client.delete(Pods, metadata, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or another pod by now
  }
}
