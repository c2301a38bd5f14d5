import { Nodes } from "#api/core/v1/node.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import { timestamp } from "#api/meta/time.ts";
import { type ControllerDefinition, cacheIndex, type ReconcileContext, wake } from "#controller/controller.ts";
import { byNode } from "./node-lifecycle.ts";
import { planStay } from "./taint-eviction.plan.ts";

/** Deletes pods from nodes with a `NoExecute` taint that they do not tolerate, or no longer. */
export function taintEvictionController(): ControllerDefinition<typeof Pods> {
  /** Pods that were told they will have to go. */
  const waiting = new Set<string>();
  return {
    name: "taint-eviction-controller",
    for: Pods,
    indexes: [cacheIndex(Pods, byNode, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []))],
    wakes: [
      wake(Nodes, ({ metadata, spec }, { cache }) =>
        spec.taints?.some(({ effect }) => effect === "NoExecute")
          ? cache.indexed(Pods, byNode, metadata.name).map((pod) => pod.metadata)
          : [],
      ),
    ],

    async reconcile(key, context) {
      const { cache, clock, events } = context;
      const pod = cache.find(Pods, key);
      const id = `${key.namespace}/${key.name}`;
      const node = pod?.spec.nodeName ? cache.find(Nodes, { name: pod.spec.nodeName }) : undefined;
      if (!pod || !node || pod.metadata.deletionTimestamp) {
        waiting.delete(id);
        return;
      }
      const stay = planStay(pod, node, clock.now());
      if ("leaveInMs" in stay) {
        waiting.add(id);
        return { again: stay.leaveInMs };
      }
      const wasWaiting = waiting.delete(id);
      if (stay.leave === "now") await evict(pod, context);
      else if (wasWaiting) events.event(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${id}`);
    },
  };
}

async function evict(pod: Pod, { client, clock, events }: ReconcileContext): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${namespace}/${name}`);
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByTaintManager",
    message: "Taint manager: deleting due to NoExecute taint",
    lastTransitionTime: timestamp(clock.now()),
  };
  const body = { metadata: { uid }, status: { conditions: [condition] } };
  try {
    await client.patch(Pods, pod.metadata, { type: "strategic", body }, { subresource: "status" });
    await client.delete(Pods, pod.metadata, { preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or another pod by now
  }
}
