import { Namespaces, Nodes, PodDisruptionBudgets, Pods } from "#api/catalog.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { CacheEvent } from "#client/cache/store.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#controller/events.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component, Scope } from "#kit/scope.ts";
import { equal } from "#schema/diff.ts";
import { assign, enoughNodes, type Refusal } from "./assign.ts";
import { ClusterView, type PodInfo, podInfo } from "./cluster-view.ts";
import { explain, unavailable } from "./explain.ts";
import type { NodeUsage } from "./plugins/plugin.ts";
import { notEligible, preempt } from "./preempt.ts";
import { evictVictim, reportFailure } from "./report-failure.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";
import { type Strategy, type StrategyName, strategyOf } from "./strategies/strategies.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly caches: Caches;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pods that name this scheduler in spec.schedulerName are ours. */
  readonly schedulerName?: string;
  readonly strategy?: StrategyName;
  /** What was measured on a node last, while it is fresh; LeastCpu and LeastMem go by it. */
  readonly usage?: (nodeName: string) => NodeUsage | undefined;
  /** Breaks ties between equally good nodes; 0 ≤ random() < 1. */
  readonly random?: () => number;
  /** How many bindings may be under way at a time. */
  readonly bindings?: number;
}

/** Gives every pod that waits for one a node, the most important first; says why when there is none. */
export function schedulerComponent(options: SchedulerOptions): Component {
  return { name: "scheduler", start: (scope) => new Scheduler(options).start(scope) };
}

class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #view: ClusterView;
  readonly #queue: SchedulingQueue;
  readonly #name: string;
  readonly #random: () => number;
  readonly #strategy: Strategy;
  /** Where the next search among the nodes begins. */
  #from = 0;

  constructor(options: SchedulerOptions) {
    const { caches, usage, random = Math.random, strategy = "Default" } = options;
    this.#options = options;
    this.#name = options.schedulerName ?? "default-scheduler";
    this.#queue = new SchedulingQueue(options.clock);
    this.#random = random;
    this.#strategy = strategyOf(strategy, random);
    this.#view = new ClusterView({
      namespaceLabels: (name) => caches.find(Namespaces, { name })?.metadata.labels,
      ...(usage && { usage }),
    });
  }

  async start(scope: Scope): Promise<void> {
    const { caches } = this.#options;
    const close = () => this.#queue.close();
    scope.defer(close);
    scope.signal.addEventListener("abort", close, { once: true });
    await caches.synced([Nodes, Pods, Namespaces, PodDisruptionBudgets], scope.signal);
    const onNode = eachEvent<Node>((event) => this.#onNode(event));
    const onPod = eachEvent<Pod>((event) => this.#onPod(event));
    scope.defer(caches.subscribe(Nodes, onNode));
    scope.defer(caches.subscribe(Pods, onPod));
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
    if (!previous || changesPlacement(previous, node)) this.#queue.wake("node");
  }

  #onPod({ type, object: pod, previous }: CacheEvent<Pod>): void {
    const key = keyOf(pod);
    const gone = type === "DELETED";
    if (gone) this.#view.removePod(key);
    else this.#view.setPod(pod);
    if (!gone && this.#isOurs(pod)) {
      const { nominatedNodeName } = pod.status ?? {};
      if (nominatedNodeName) this.#view.nominate(podInfo(pod), nominatedNodeName);
      const respecified = previous?.metadata.generation !== pod.metadata.generation;
      if (!this.#queue.has(key) || respecified) this.#queue.add(key, pod.spec.priority ?? 0);
    } else {
      this.#view.unnominate(key);
      this.#queue.forget(key);
    }
    if (!pod.spec.nodeName) return;
    const ended = gone ? true : hasEnded(pod) && !(previous && hasEnded(previous));
    if (ended) this.#queue.wake("podGone");
    else if (!previous?.spec.nodeName || !equal(previous.metadata.labels, pod.metadata.labels))
      this.#queue.wake("podPlaced");
  }

  #isOurs({ spec, metadata }: Pod): boolean {
    const gated = (spec.schedulingGates ?? []).length > 0;
    return !spec.nodeName && !metadata.deletionTimestamp && !gated && spec.schedulerName === this.#name;
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      try {
        const refused = await this.#schedule(key);
        if (refused) this.#queue.park(key, refused.wakesOn);
        else this.#queue.done(key);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.warn({ pod: key, error: String(error) }, "scheduling failed, will be tried again");
        this.#queue.retry(key);
      }
    }
  }

  async #schedule(key: string): Promise<Refusal | undefined> {
    const [namespace, name] = key.split("/") as [string, string];
    const pod = this.#options.caches.find(Pods, { namespace, name });
    if (!pod || pod.spec.nodeName || pod.metadata.deletionTimestamp) return undefined;
    const info = podInfo(pod);
    const { plugins, all } = this.#strategy;
    const count = this.#view.nodes().length;
    const enough = all ? {} : { from: this.#from, enough: enoughNodes(count, info) };
    const assignment = assign(info, this.#view, { plugins, tie: this.#random, ...enough });
    if (assignment.node === undefined) {
      await this.#makeRoom(info, assignment);
      return assignment;
    }
    this.#from = (this.#from + assignment.looked) % count;
    this.#view.unnominate(key);
    this.#view.assume(info, assignment.node);
    await this.#bind(pod, key, assignment.node);
    return undefined;
  }

  /** Nobody can take the pod: perhaps less important pods must go. Says what is the matter in any case. */
  async #makeRoom(info: PodInfo, refused: Refusal): Promise<void> {
    const { caches } = this.#options;
    const { pod } = info;
    const total = this.#view.nodes().length;
    const against = notEligible(info, this.#view);
    const options = { plugins: this.#strategy.plugins, budgets: caches.all(PodDisruptionBudgets) };
    const found = against === undefined ? preempt(info, this.#view, refused, options) : undefined;
    if (!found) {
      const message = against ? explain(total, refused.rejections, against) : refused.message;
      await reportFailure(pod, { message }, this.#options);
      return;
    }
    // from now on nobody who is less important may take the room
    this.#view.nominate(info, found.node);
    for (const victim of found.victims) await evictVictim(victim.pod, pod, this.#options);
    await reportFailure(pod, { message: unavailable(total, refused.rejections), nominated: found.node }, this.#options);
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
