import { Nodes, Pods } from "#api/catalog.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { CacheEvent } from "#client/cache/store.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#controller/events.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component, Scope } from "#kit/scope.ts";
import { WorkQueue } from "#kit/work-queue.ts";
import { assign } from "./assign.ts";
import { ClusterView, podInfo } from "./cluster-view.ts";
import { balanced, fit } from "./plugins/fit.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import type { Plugin } from "./plugins/plugin.ts";
import { hostPorts } from "./plugins/ports.ts";
import { spread } from "./plugins/spread.ts";
import { nodeUnschedulable, taints } from "./plugins/taints.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly caches: Caches;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pods that name this scheduler in spec.schedulerName are ours. */
  readonly schedulerName?: string;
  readonly plugins?: readonly Plugin[];
  /** Breaks ties between equally good nodes; 0 ≤ random() < 1. */
  readonly random?: () => number;
  /** How many bindings may be under way at a time. */
  readonly bindings?: number;
}

export const defaultPlugins: readonly Plugin[] = [
  nodeUnschedulable,
  taints,
  nodeAffinity,
  hostPorts,
  fit,
  balanced,
  spread,
];

/** Gives every pod that waits for one a node, in the order they came; says why when there is none. */
export function schedulerComponent(options: SchedulerOptions): Component {
  return { name: "scheduler", start: (scope) => new Scheduler(options).start(scope) };
}

class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #view = new ClusterView();
  readonly #queue: WorkQueue;
  readonly #name: string;
  /** Pods for which no node was found; looked at again when something changes that could help. */
  readonly #waiting = new Set<string>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#name = options.schedulerName ?? "default-scheduler";
    this.#queue = new WorkQueue(options.clock, { initialMs: 100, maxMs: 10_000 });
  }

  async start(scope: Scope): Promise<void> {
    const { caches } = this.#options;
    scope.defer(() => this.#queue.close());
    scope.signal.addEventListener("abort", () => this.#queue.close(), { once: true });
    await caches.synced([Nodes, Pods], scope.signal);
    scope.defer(
      caches.subscribe(
        Nodes,
        eachEvent((event) => this.#onNode(event)),
      ),
    );
    scope.defer(
      caches.subscribe(
        Pods,
        eachEvent((event) => this.#onPod(event)),
      ),
    );
    for (let worker = 0; worker < (this.#options.bindings ?? 16); worker++) {
      scope.spawn(`worker ${worker}`, (signal) => this.#work(signal));
    }
  }

  #onNode({ type, object: node, previous }: CacheEvent<Node>): void {
    if (type === "DELETED") {
      this.#view.removeNode(node.metadata.name);
      return;
    }
    this.#view.setNode(node);
    if (!previous || changesPlacement(previous, node)) this.#retryWaiting();
  }

  #onPod({ type, object: pod, previous }: CacheEvent<Pod>): void {
    const key = keyOf(pod);
    const gone = type === "DELETED";
    if (gone) this.#view.removePod(key);
    else this.#view.setPod(pod);
    if (!gone && this.#isOurs(pod)) {
      const respecified = previous?.metadata.generation !== pod.metadata.generation;
      if (!this.#waiting.has(key) || respecified) this.#queue.add(key);
    } else {
      this.#waiting.delete(key);
      this.#queue.forget(key);
    }
    if (pod.spec.nodeName && (gone || hasEnded(pod))) this.#retryWaiting();
  }

  #isOurs({ spec, metadata }: Pod): boolean {
    const gated = (spec.schedulingGates ?? []).length > 0;
    return !spec.nodeName && !metadata.deletionTimestamp && !gated && spec.schedulerName === this.#name;
  }

  /** Room came free or a node changed: whoever waits is worth another look. */
  #retryWaiting(): void {
    for (const key of this.#waiting) this.#queue.add(key);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      try {
        await this.#schedule(key);
        this.#queue.forget(key);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.warn({ pod: key, error: String(error) }, "scheduling failed, will be tried again");
        this.#queue.retry(key);
      } finally {
        this.#queue.done(key);
      }
    }
  }

  async #schedule(key: string): Promise<void> {
    const { caches, random = Math.random, plugins = defaultPlugins } = this.#options;
    const [namespace, name] = key.split("/") as [string, string];
    const pod = caches.find(Pods, { namespace, name });
    if (!pod || pod.spec.nodeName || pod.metadata.deletionTimestamp) return;
    const info = podInfo(pod);
    const assignment = assign(info, this.#view.nodes(), plugins, random);
    if (assignment.node === undefined) {
      this.#waiting.add(key);
      await this.#reportFailure(pod, assignment.message);
      return;
    }
    this.#view.assume(info, assignment.node);
    this.#waiting.delete(key);
    await this.#bind(pod, key, assignment.node);
  }

  async #bind(pod: Pod, key: string, node: string): Promise<void> {
    const { client, events } = this.#options;
    const { namespace = "", name, uid } = pod.metadata;
    try {
      await client.createSub(Pods, { namespace, name }, "binding", {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { namespace, name, uid },
        target: { apiVersion: "v1", kind: "Node", name: node },
      });
    } catch (error) {
      this.#view.removePod(key);
      if (isNotFound(error) || isConflict(error)) return; // gone or bound by another; the watch tells what is true now
      throw error;
    }
    events.event(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${node}`);
  }

  async #reportFailure(pod: Pod, message: string): Promise<void> {
    const { client, events, clock } = this.#options;
    events.event(pod, "Warning", "FailedScheduling", message);
    const known = pod.status?.conditions?.find((condition) => condition.type === "PodScheduled");
    if (known?.status === "False" && known.message === message) return;
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastProbeTime: null,
      lastTransitionTime: known?.status === "False" ? known.lastTransitionTime : timestamp(clock.now()),
    };
    const { namespace = "", name, uid } = pod.metadata;
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    await client
      .patch(Pods, { namespace, name }, { type: "strategic", body }, { subresource: "status" })
      .catch((error) => {
        if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or another pod of that name
      });
  }
}

const eachEvent =
  <O extends KubeObject>(handle: (event: CacheEvent<O>) => void) =>
  (events: readonly CacheEvent<O>[]) => {
    for (const event of events) handle(event);
  };
const keyOf = (pod: Pod) => `${pod.metadata.namespace}/${pod.metadata.name}`;
const hasEnded = (pod: Pod) => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";

/** Heartbeats change nothing for the scheduler; labels, taints, room and being cordoned do. */
function changesPlacement(before: Node, after: Node): boolean {
  const facts = ({ metadata, spec, status }: Node) =>
    JSON.stringify([metadata.labels, spec.taints, spec.unschedulable, status?.allocatable]);
  return facts(before) !== facts(after);
}
