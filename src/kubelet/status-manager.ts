import { isDeepStrictEqual } from "node:util";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import type { PodCondition, PodStatus } from "#api/core/v1/pod-status.ts";
import { isConflict, isInvalid, isNotFound } from "#api/meta/api-error.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { WorkQueue } from "#kit/work-queue.ts";

export interface StatusManagerOptions {
  readonly client: Pick<Client, "get" | "patch">;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Report {
  pod: Pod;
  status: PodStatus;
  readonly written: (pod: Pod) => void;
  readonly waiting: (() => void)[];
}

const backoff = { initialMs: 200, maxMs: 10_000 };

/**
 * Tells the API server how pods are: only what differs from what it has, one write a pod at a time, the newest status
 * wins. Fields and conditions that belong to others are left alone.
 */
export class StatusManager {
  readonly #options: StatusManagerOptions;
  readonly #queue: WorkQueue;
  readonly #reports = new Map<string, Report>();

  constructor(options: StatusManagerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock, backoff);
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  /** `pod` is the object as last seen on the server; `written` hears of each newer one that a write brings back. */
  report(pod: Pod, status: PodStatus, written: (pod: Pod) => void): void {
    const { uid } = pod.metadata;
    const known = this.#reports.get(uid);
    if (known) Object.assign(known, { pod, status });
    else this.#reports.set(uid, { pod, status, written, waiting: [] });
    if (known || statusPatch(pod.status ?? {}, status)) this.#queue.add(uid);
    else this.#reports.delete(uid);
  }

  /** Resolves when all that was reported of the pod is written, or the pod is gone. */
  settled(uid: string): Promise<void> {
    const report = this.#reports.get(uid);
    return report ? new Promise((resolve) => report.waiting.push(resolve)) : Promise.resolve();
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#queue.close(), { once: true });
    const writing = new Set<Promise<void>>();
    for (let uid = await this.#queue.take(); uid !== undefined; uid = await this.#queue.take()) {
      const one: Promise<void> = this.#write(uid).finally(() => writing.delete(one));
      writing.add(one);
    }
    await Promise.all(writing);
    // Nothing more will be written: who waits for it must not wait for ever.
    for (const [uid, report] of this.#reports) this.#drop(uid, report);
  }

  async #write(uid: string): Promise<void> {
    const report = this.#reports.get(uid);
    const { log } = this.#options;
    try {
      if (!report) return;
      const { status } = report;
      await this.#send(uid, report);
      this.#queue.forget(uid);
      if (report.status === status) this.#drop(uid, report);
      else this.#queue.add(uid);
    } catch (error) {
      log.debug({ pod: report?.pod.metadata.name, err: error }, "status not written");
      this.#queue.retry(uid);
    } finally {
      this.#queue.done(uid);
    }
  }

  async #send(uid: string, { pod, status, written }: Report): Promise<void> {
    const patch = statusPatch(pod.status ?? {}, status);
    if (!patch) return;
    const { client } = this.#options;
    const { name, namespace } = pod.metadata;
    const body = { metadata: { uid }, status: patch };
    try {
      written(await client.patch(Pods, { namespace, name }, { type: "strategic", body }, { subresource: "status" }));
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error) && !isInvalid(error)) throw error;
      if (await this.#isReplaced(pod)) return;
      throw error;
    }
  }

  /** Whether the name belongs to another pod by now. */
  async #isReplaced({ metadata: { name, namespace, uid } }: Pod): Promise<boolean> {
    try {
      return (await this.#options.client.get(Pods, { namespace, name })).metadata.uid !== uid;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  #drop(uid: string, report: Report): void {
    this.#reports.delete(uid);
    for (const resolve of report.waiting) resolve();
  }
}

/** Lists in which strategic merge would add the new elements to the old ones. */
const replacedLists: readonly (keyof PodStatus)[] = ["podIPs", "hostIPs"];
const ownFields: readonly (keyof PodStatus)[] = [
  "observedGeneration",
  "phase",
  "message",
  "reason",
  "hostIP",
  "hostIPs",
  "podIP",
  "podIPs",
  "startTime",
  "initContainerStatuses",
  "containerStatuses",
  "qosClass",
];

/** A strategic merge patch that makes `now` out of `then`; `undefined` when nothing differs. */
export function statusPatch(then: PodStatus, now: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const field of ownFields) {
    if (isDeepStrictEqual(then[field], now[field])) continue;
    if (now[field] === undefined) patch[field] = null;
    else if (replacedLists.includes(field) && then[field] !== undefined)
      patch[field] = [...(now[field] as object[]), { $patch: "replace" }];
    else patch[field] = now[field];
  }
  const conditions = changedConditions(then.conditions ?? [], now.conditions ?? []);
  if (conditions.length > 0) patch.conditions = conditions;
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** A reason that no longer holds must be taken away by name: merging leaves what is not mentioned. */
function changedConditions(then: readonly PodCondition[], now: readonly PodCondition[]): object[] {
  return now.flatMap((condition) => {
    const before = then.find(({ type }) => type === condition.type);
    if (before && isDeepStrictEqual(withoutProbe(before), condition)) return [];
    return [
      {
        ...condition,
        ...(before?.reason !== undefined && condition.reason === undefined && { reason: null }),
        ...(before?.message !== undefined && condition.message === undefined && { message: null }),
      },
    ];
  });
}

const withoutProbe = ({ lastProbeTime: _, ...rest }: PodCondition) => rest;
