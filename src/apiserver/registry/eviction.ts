import type { Pod } from "#api/core/v1/pod.ts";
import { badRequest, type Status } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";
import { Eviction } from "#api/policy/v1/eviction.ts";
import type { Key } from "#client/client.ts";
import type { DeleteOptions } from "#client/transport.ts";
import { remove } from "./delete.ts";
import type { InputKind } from "./input.ts";
import { readObject } from "./update.ts";
import { change, type Desk, type Writing } from "./write.ts";

const evictionKind: InputKind = { group: "policy", version: "v1", kind: "Eviction", schema: Eviction };

/** Asked before a running pod is evicted; throws ApiError `TooManyRequests` when others would be left with too few. */
export type EvictionGuard = (pod: Pod, options: { readonly dryRun: boolean }) => void | Promise<void>;

/** Deletes a pod if whoever guards its kin agrees. Throws ApiError. */
export async function evict(
  desk: Desk,
  key: Key,
  object: unknown,
  { writing, guard }: { readonly writing: Writing; readonly guard?: EvictionGuard | undefined },
): Promise<Status> {
  const eviction = readObject(evictionKind, object, writing) as Eviction;
  if (eviction.metadata.name && eviction.metadata.name !== key.name) {
    throw badRequest("name in URL does not match name in Eviction object");
  }
  const pod = (await desk.store.get(key)) as Pod;
  const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" || pod.status?.phase === "Pending";
  const { dryRun, ...options } = eviction.deleteOptions ?? {};
  const dry = Boolean(dryRun?.includes("All") || writing.options.dryRun);
  if (!ended && !pod.metadata.deletionTimestamp) await guard?.(pod, { dryRun: dry });
  const deletion = options as DeleteOptions;
  if (!dry && mayMark(pod, deletion)) await mark(desk, { key, pod, writing });
  await remove(desk, {
    key,
    options: deletion,
    writing: dry ? { ...writing, options: { ...writing.options, dryRun: true } } : writing,
  });
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}

/** A deletion that is for another pod or another version of it will be refused, and then nothing may be changed. */
function mayMark({ metadata, status }: Pod, { preconditions = {} }: DeleteOptions): boolean {
  if (status?.phase === "Succeeded" || status?.phase === "Failed" || metadata.deletionTimestamp) return false;
  return (preconditions.uid ?? metadata.uid) === metadata.uid && preconditions.resourceVersion === undefined;
}

/** Says in the pod why it goes: rules about failures of jobs tell an eviction from a failure by it. */
async function mark(
  desk: Desk,
  { key, pod, writing }: { readonly key: Key; readonly pod: Pod; readonly writing: Writing },
): Promise<void> {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastTransitionTime: timestamp(desk.clock.now()),
  };
  const edit = (old: KubeObject): KubeObject => {
    const { status, ...rest } = structuredClone(old) as Pod;
    if (old.metadata.uid !== pod.metadata.uid) return { ...rest, status } as Pod;
    const others = (status?.conditions ?? []).filter(({ type }) => type !== condition.type);
    return { ...rest, status: { ...status, conditions: [...others, condition] } } as Pod;
  };
  await change(desk, { key, part: "status", writing: { ...writing, options: {} }, edit });
}
