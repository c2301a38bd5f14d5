import type { KubeObject, ObjectMeta } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";
import { qualifiedName, type Resource } from "#api/resource.ts";
import type { DeleteOptions } from "#client/transport.ts";
import { fieldOf } from "./metadata.ts";
import { isFinished, specFinalizers } from "./write.ts";

/** What a request to delete means for an object as it is. */
export type DeletionPlan =
  | { readonly do: "remove" }
  /** It stays, marked, until its grace is over and nobody holds it any more. */
  | { readonly do: "mark"; readonly next: KubeObject }
  /** It is on its way already, and the request adds nothing. */
  | { readonly do: "nothing" };

export function planDeletion(resource: Resource, old: KubeObject, options: DeleteOptions, now: number): DeletionPlan {
  const next: KubeObject = { ...old, metadata: { ...old.metadata } };
  setFinalizers(next.metadata, finalizersFor(old.metadata.finalizers ?? [], options));
  const held = (next.metadata.finalizers?.length ?? 0) > 0 || specFinalizers(next).length > 0;
  const graceSeconds = graceOf(resource, old, options);
  const isDeleting = old.metadata.deletionTimestamp !== undefined;
  if (graceSeconds === 0 && !held) return { do: "remove" };
  if (qualifiedName(resource) === "namespaces") markNamespace(next, now);
  else if (!isDeleting) mark(next.metadata, graceSeconds, now);
  else if (graceSeconds < (old.metadata.deletionGracePeriodSeconds ?? 0)) shorten(next.metadata, graceSeconds);
  if (isFinished(next)) return { do: "remove" };
  const changed =
    next.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    next.metadata.deletionGracePeriodSeconds !== old.metadata.deletionGracePeriodSeconds ||
    next.metadata.finalizers?.join() !== old.metadata.finalizers?.join();
  return changed ? { do: "mark", next } : { do: "nothing" };
}

function mark(metadata: ObjectMeta, graceSeconds: number, now: number): void {
  metadata.deletionTimestamp = timestamp(now + graceSeconds * 1000);
  metadata.deletionGracePeriodSeconds = graceSeconds;
  if (metadata.generation !== undefined) metadata.generation++;
}

/** The deletion had begun with more time than it gets now. */
function shorten(metadata: ObjectMeta, graceSeconds: number): void {
  const began = Date.parse(metadata.deletionTimestamp ?? "") - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  metadata.deletionTimestamp = timestamp(began + graceSeconds * 1000);
  metadata.deletionGracePeriodSeconds = graceSeconds;
}

function markNamespace(next: KubeObject, now: number): void {
  if (next.metadata.deletionTimestamp !== undefined) return;
  next.metadata.deletionTimestamp = timestamp(now);
  Object.assign(next, { status: { ...(fieldOf(next, "status") as object), phase: "Terminating" } });
}

interface PodLike {
  readonly spec?: { readonly nodeName?: string; readonly terminationGracePeriodSeconds?: number };
  readonly status?: { readonly phase?: string };
}

/** Only pods are given time: someone has to stop them. One that runs nowhere, or no more, needs none. */
function graceOf(resource: Resource, object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (qualifiedName(resource) !== "pods") return 0;
  const { spec, status } = object as PodLike;
  if (!spec?.nodeName || status?.phase === "Failed" || status?.phase === "Succeeded") return 0;
  const isDeleting = object.metadata.deletionTimestamp !== undefined;
  const usual = isDeleting ? object.metadata.deletionGracePeriodSeconds : spec.terminationGracePeriodSeconds;
  const asked = gracePeriodSeconds ?? usual ?? 30;
  const wanted = asked < 0 ? 1 : asked;
  return isDeleting ? Math.min(wanted, usual ?? 0) : wanted;
}

/** Garbage collection acts on these two; which of them an object gets, the request says. */
function finalizersFor(finalizers: readonly string[], options: DeleteOptions): readonly string[] {
  const { propagationPolicy, orphanDependents } = options;
  const kept = finalizers.filter((each) => each !== "orphan" && each !== "foregroundDeletion");
  if (orphanDependents !== undefined) return orphanDependents ? [...kept, "orphan"] : kept;
  switch (propagationPolicy) {
    case "Orphan":
      return [...kept, "orphan"];
    case "Foreground":
      return [...kept, "foregroundDeletion"];
    case "Background":
      return kept;
    default:
      return finalizers;
  }
}

function setFinalizers(metadata: ObjectMeta, finalizers: readonly string[]): void {
  if (finalizers.length > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;
}
