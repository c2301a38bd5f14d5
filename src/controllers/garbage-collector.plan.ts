import type { KubeObject, OwnerReference } from "#api/meta/object-meta.ts";
import { foregroundDeletion, hasFinalizer, orphanDependents } from "#controller/finalizers.ts";

/**
 * What became of an owner: it is there, it is gone, it waits to be deleted until its dependents are, or nobody can tell
 * (its kind is not known, or a cluster-wide object names an owner in a namespace).
 */
export type OwnerState = "solid" | "absent" | "waiting" | "unknown";

export type CollectorAction =
  | { readonly do: "nothing" }
  /** Take these owners off; the object stays for the sake of the others. */
  | { readonly do: "removeReferences"; readonly uids: readonly string[] }
  /** Delete; before that, `unblock` lets its own dependents not hold it back, which would be a circle. */
  | { readonly do: "delete"; readonly policy: "Background" | "Foreground" | "Orphan"; readonly unblock: boolean };

/** What to do with an object whose owners are in these states. */
export function planCollection(
  object: KubeObject,
  owners: readonly { readonly reference: OwnerReference; readonly state: OwnerState }[],
  dependents: readonly KubeObject[],
): CollectorAction {
  if (owners.length === 0 || object.metadata.deletionTimestamp) return { do: "nothing" };
  if (owners.some(({ state }) => state === "unknown")) return { do: "nothing" };
  const inState = (wanted: OwnerState) => owners.filter(({ state }) => state === wanted);
  const left = [...inState("absent"), ...inState("waiting")];
  if (inState("solid").length > 0) {
    return left.length === 0
      ? { do: "nothing" }
      : { do: "removeReferences", uids: left.map(({ reference }) => reference.uid) };
  }
  if (inState("waiting").length > 0 && dependents.length > 0) {
    return { do: "delete", policy: "Foreground", unblock: dependents.some(isBeingDeletedInForeground) };
  }
  if (hasFinalizer(object, orphanDependents)) return { do: "delete", policy: "Orphan", unblock: false };
  if (hasFinalizer(object, foregroundDeletion)) return { do: "delete", policy: "Foreground", unblock: false };
  return { do: "delete", policy: "Background", unblock: false };
}

/** Deleted, but stays until those that block its deletion are gone. */
export function isBeingDeletedInForeground(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, foregroundDeletion);
}

/** Deleted, but its dependents are to be let go first. */
export function isBeingOrphaned(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, orphanDependents);
}

export function blocks(dependent: KubeObject, ownerUid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion === true,
  );
}
