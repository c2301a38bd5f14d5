import { Leases } from "#api/coordination/v1/lease.ts";
import { type Node, Nodes } from "#api/core/v1/node.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { microTimestamp, timestamp } from "#api/meta/time.ts";
import type { ControllerDefinition } from "#controller/controller.ts";
import { type ControllerDependencies, controllerComponent } from "#controller/run-controller.ts";
import type { Scope } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";
import { simulatedMachine } from "#kubelet/machine.ts";
import type { MeasureNode } from "#kubelet/stats/figures.ts";
import { resourceMetrics } from "#kubelet/stats/resource-metrics.ts";
import { simulatedFigures } from "#kubelet/stats/simulated-figures.ts";
import type { TestNode } from "./test-node.ts";

/** How a pod does on a scripted node. */
export type PodFate = "ready" | "notReady" | "pending" | "succeeded" | "failed";

const heartbeatMs = 10_000;
const leaseNamespace = "kube-node-lease";

/** A node that runs nothing and whose pods fare as the test says: for tests of those who only look at pods from outside. */
export class ScriptedNode implements TestNode {
  readonly name: string;
  readonly #measure: MeasureNode;
  readonly #deps: ControllerDependencies;
  readonly #fate: (pod: Pod) => PodFate;
  readonly #number: number;
  #addresses = 0;
  #silent = false;

  /** @param number tells the pod addresses of several nodes apart */
  constructor(name: string, number: number, fate: (pod: Pod) => PodFate, deps: ControllerDependencies) {
    this.name = name;
    this.#number = number;
    this.#fate = fate;
    this.#deps = deps;
    const { caches, clock } = deps;
    const pods = { all: () => caches.all(Pods).filter(({ spec }) => spec.nodeName === name) };
    this.#measure = simulatedFigures({ nodeName: name, pods, machine: simulatedMachine(name), clock });
  }

  async start(scope: Scope): Promise<void> {
    const { client, clock } = this.#deps;
    await client.create(Nodes, { metadata: { name: this.name, labels: { "kubernetes.io/hostname": this.name } } });
    await client.create(Leases, {
      metadata: { name: this.name, namespace: leaseNamespace },
      spec: { holderIdentity: this.name, leaseDurationSeconds: 40, renewTime: microTimestamp(clock.now()) },
    });
    await this.#report();
    scope.spawn("heartbeat", async (signal) => {
      while (!signal.aborted) {
        await sleep(heartbeatMs, clock, signal).catch(() => {}); // the abort ends the loop
        if (!signal.aborted && !this.#silent) await this.#beat();
      }
    });
    await this.#deps.caches.synced([Nodes], scope.signal);
    await controllerComponent(this.#pods(), this.#deps).start(scope);
  }

  async usage(): Promise<string> {
    if (this.#silent) throw new Error("the node does not answer");
    return resourceMetrics(await this.#measure());
  }

  fall(): void {
    this.#silent = true;
  }

  rise(): void {
    this.#silent = false;
  }

  /** A sign of life; after a silence all is told anew. */
  async #beat(): Promise<void> {
    await this.#renew();
    const node = this.#deps.caches.find(Nodes, { name: this.name });
    if (node?.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True") return;
    await this.#report();
    for (const pod of this.#deps.caches.all(Pods)) if (pod.spec.nodeName === this.name) await this.#sync(pod);
  }

  async #renew(): Promise<void> {
    const { client, clock } = this.#deps;
    const body = { spec: { renewTime: microTimestamp(clock.now()) } };
    await client.patch(Leases, { namespace: leaseNamespace, name: this.name }, { type: "merge", body });
  }

  async #report(): Promise<void> {
    const { client, clock } = this.#deps;
    const node = await client.get(Nodes, { name: this.name });
    const time = timestamp(clock.now());
    const condition = (type: string, status: string, reason: string) => {
      const known = node.status?.conditions?.find((each) => each.type === type);
      const lastTransitionTime = known?.status === status ? known.lastTransitionTime : time;
      return {
        type,
        status,
        reason,
        message: "",
        lastHeartbeatTime: time,
        ...(lastTransitionTime && { lastTransitionTime }),
      };
    };
    const resources = { cpu: "64", memory: "256Gi", pods: "1000" };
    const status: Draft<Node["status"]> = {
      ...node.status,
      capacity: resources,
      allocatable: resources,
      conditions: [
        condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
        condition("PIDPressure", "False", "KubeletHasSufficientPID"),
        condition("Ready", "True", "KubeletReady"),
      ],
    };
    await client.updateStatus(Nodes, { ...node, status } as Draft<Node>);
  }

  #pods(): ControllerDefinition<typeof Pods> {
    return {
      name: `node ${this.name}`,
      for: Pods,
      reconcile: async (key, { cache }) => {
        const pod = cache.find(Pods, key);
        if (pod?.spec.nodeName === this.name && !this.#silent) await this.#sync(pod);
      },
    };
  }

  async #sync(pod: Pod): Promise<void> {
    const { client } = this.#deps;
    const { metadata } = pod;
    try {
      if (metadata.deletionTimestamp) {
        await client.delete(Pods, metadata, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } });
        return;
      }
      const status = this.#statusOf(pod);
      if (status) await client.updateStatus(Pods, { ...pod, status } as Draft<Pod>);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error; // the next event tells more
    }
  }

  /** Nothing when it is as it shall be. */
  #statusOf(pod: Pod): Draft<Pod["status"]> | undefined {
    const fate = this.#fate(pod);
    const ready = fate === "ready" ? "True" : "False";
    const phases = {
      ready: "Running",
      notReady: "Running",
      pending: "Pending",
      succeeded: "Succeeded",
      failed: "Failed",
    } as const;
    const phase = phases[fate];
    const known = pod.status?.conditions?.find(({ type }) => type === "Ready");
    if (fate === "pending" || (pod.status?.phase === phase && known?.status === ready)) return undefined;
    const podIP = pod.status?.podIP ?? this.#nextAddress();
    const lastTransitionTime = timestamp(this.#deps.clock.now());
    const others = pod.status?.conditions?.filter(({ type }) => type !== "Ready") ?? [];
    return {
      ...pod.status,
      phase,
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: pod.status?.startTime ?? lastTransitionTime,
      conditions: [...others, { type: "Ready", status: ready, lastTransitionTime }],
    };
  }

  #nextAddress(): string {
    const n = ++this.#addresses;
    return `10.${this.#number}.${n >> 8}.${n & 255}`;
  }
}
