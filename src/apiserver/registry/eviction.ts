import type { Pod } from "#api/core/v1/pod.ts";
import { badRequest, type Status } from "#api/meta/api-error.ts";
import { Eviction } from "#api/policy/v1/eviction.ts";
import type { Key } from "#client/client.ts";
import type { DeleteOptions } from "#client/transport.ts";
import { remove } from "./delete.ts";
import type { InputKind } from "./input.ts";
import { readObject } from "./update.ts";
import type { Desk, Writing } from "./write.ts";

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
  await remove(desk, {
    key,
    options: options as DeleteOptions,
    writing: dry ? { ...writing, options: { ...writing.options, dryRun: true } } : writing,
  });
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}
