import { isDeepStrictEqual } from "node:util";
import { type Node, type NodeStatus, Nodes } from "#api/core/v1/node.ts";
import { isAlreadyExists } from "#api/meta/api-error.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#controller/events.ts";
import { backoffDelay } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { pause } from "#kit/sleep.ts";
import type { Machine } from "./machine.ts";
import { NodeLease } from "./node-lease.ts";
import { nodeLabels, nodeStatus } from "./node-status.ts";
import type { Runtime } from "./runtime/runtime.ts";

export interface HeartbeatOptions {
  readonly client: Pick<Client, "get" | "create" | "update" | "patch">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventRecorder;
  readonly runtime: Pick<Runtime, "status" | "images">;
  readonly machine: Machine;
  readonly nodeName: string;
  readonly addresses: readonly string[];
  readonly runtimeVersion: string;
  readonly kubeletVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly maxPods: number;
  readonly port: () => number;
}

const beatMs = 10_000;
/** A status in which nothing but the time differs is written only so often. */
const unchangedMs = 300_000;
const registerBackoff = { initialMs: 200, maxMs: 7_000 };

/** Makes the node known to the API server, and keeps it known: a lease as the sign of life, a status when it changes. */
export class NodeHeartbeat {
  readonly #options: HeartbeatOptions;
  readonly #lease: NodeLease;
  #node: Node | undefined;
  #written: NodeStatus | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lease = new NodeLease(options.client, options.nodeName);
  }

  /** Whether the node is registered. */
  get registered(): boolean {
    return this.#node !== undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (let failures = 0; !signal.aborted && !this.#node; failures++) {
      try {
        await this.#register();
      } catch (error) {
        log.debug({ err: error }, "the node could not be registered yet");
        await pause(backoffDelay(failures, registerBackoff), clock, signal);
      }
    }
    await Promise.all([
      this.#every(beatMs, signal, () => this.#lease.renew(clock.now(), this.#node)),
      this.#every(beatMs, signal, () => this.#writeStatus()),
    ]);
  }

  async #every(ms: number, signal: AbortSignal, beat: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        await beat();
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error }, "the API server does not take the node's heartbeat");
      }
      await pause(ms, clock, signal);
    }
  }

  async #register(): Promise<void> {
    const { client, nodeName, labels = {}, events, machine } = this.#options;
    const { architecture } = await machine();
    const all = { ...nodeLabels(nodeName, architecture), ...labels };
    const annotations = { "volumes.kubernetes.io/controller-managed-attach-detach": "true" };
    const status = await this.#status([]);
    try {
      this.#node = await client.create(Nodes, { metadata: { name: nodeName, labels: all, annotations }, status });
      this.#tellChanges([], status);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const body = { metadata: { labels: all, annotations } };
      this.#node = await client.patch(Nodes, { name: nodeName }, { type: "strategic", body });
    }
    events.event(eventTarget(this.#node), "Normal", "Starting", "Starting kubelet.");
  }

  async #status(previous: NonNullable<NodeStatus["conditions"]>): Promise<NodeStatus> {
    const { runtime, machine, clock, port, ...rest } = this.#options;
    const [{ runtimeReady, networkReady }, images, facts] = await Promise.all([
      runtime.status().catch(asDown),
      runtime.images().catch(() => []), // told by the runtime's own condition
      machine(),
    ]);
    return nodeStatus(
      { ...rest, machine: facts, images, runtimeReady, networkReady, port: port(), now: clock.now() },
      previous,
    );
  }

  async #writeStatus(): Promise<void> {
    const { client, clock, nodeName } = this.#options;
    const conditions = this.#written?.conditions ?? this.#node?.status?.conditions ?? [];
    const status = await this.#status(conditions);
    const now = clock.now();
    if (this.#written && sameButTime(this.#written, status) && now - this.#writtenAt < unchangedMs) return;
    this.#tellChanges(conditions, status);
    const patch = { type: "strategic", body: { status } } as const;
    this.#node = await client.patch(Nodes, { name: nodeName }, patch, { subresource: "status" });
    this.#written = status;
    this.#writtenAt = now;
  }

  #tellChanges(before: NonNullable<NodeStatus["conditions"]>, { conditions = [] }: NodeStatus): void {
    const { events, nodeName } = this.#options;
    for (const { type, status, reason = "" } of conditions) {
      if (before.find((condition) => condition.type === type)?.status === status || !this.#node) continue;
      const word =
        type === "Ready" ? (status === "True" ? "NodeReady" : "NodeNotReady") : reason.replace(/^Kubelet/, "Node");
      events.event(eventTarget(this.#node), "Normal", word, `Node ${nodeName} status is now: ${word}`);
    }
  }
}

/** Events about nodes carry the node's name as its uid, as every tool that shows them expects. */
const eventTarget = (node: Node): Node => ({ ...node, metadata: { ...node.metadata, uid: node.metadata.name } });

const asDown = (error: Error) => {
  const down = { ok: false, reason: "RuntimeUnavailable", message: error.message };
  return { runtimeReady: down, networkReady: down };
};

function sameButTime(a: NodeStatus, b: NodeStatus): boolean {
  const timeless = (status: NodeStatus) => ({
    ...status,
    conditions: status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest),
  });
  return isDeepStrictEqual(timeless(a), timeless(b));
}
