import type { Deployment } from "#api/apps/v1/deployment.ts";
import type { ReplicaSet } from "#api/apps/v1/replica-set.ts";
import { isRolling, maxSurge, maxUnavailable, replicasOf } from "./deployment-limits.ts";
import { annotations, byCreation } from "./deployment-revision.plan.ts";

/** One set shall have so many replicas. */
export interface Scale {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

const sum = (sets: readonly ReplicaSet[], count: (rs: ReplicaSet) => number) =>
  sets.reduce((total, rs) => total + count(rs), 0);
const available = (rs: ReplicaSet) => rs.status?.availableReplicas ?? 0;
const isActive = (rs: ReplicaSet) => replicasOf(rs) > 0;

/** With how many replicas the set of a new template may go on, so that no more pods than allowed are there at once. */
export function newSetSize(deployment: Deployment, old: readonly ReplicaSet[], current: number): number {
  const wanted = replicasOf(deployment);
  if (!isRolling(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - sum(old, replicasOf) - current;
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

/** The next step of a rolling update: first the new set grows as far as it may, else old ones shrink. */
export function planRollingUpdate(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const wanted = replicasOf(deployment);
  const current = replicasOf(newSet);
  if (current > wanted) return [{ set: newSet, replicas: wanted }];
  const size = current === wanted ? wanted : newSetSize(deployment, old, current);
  if (size !== current) return [{ set: newSet, replicas: size }];
  return shrinkOldSets(deployment, newSet, byCreation(old));
}

function shrinkOldSets(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = replicasOf(newSet) - available(newSet);
  const all = sum(old, replicasOf) + replicasOf(newSet);
  const removable = all - minAvailable - newUnavailable;
  if (removable <= 0) return [];
  const sizes = new Map(old.map((rs) => [rs, replicasOf(rs)]));
  // Replicas that are not available serve nobody: they go first, or a stuck rollout could never be replaced.
  take(removable, old, sizes, (rs) => replicasOf(rs) - available(rs));
  take(sum(old, available) + available(newSet) - minAvailable, old, sizes, (rs) => sizes.get(rs) ?? 0);
  return old
    .map((set) => ({ set, replicas: sizes.get(set) ?? 0 }))
    .filter(({ set, replicas }) => replicas !== replicasOf(set));
}

function take(
  budget: number,
  sets: readonly ReplicaSet[],
  sizes: Map<ReplicaSet, number>,
  spare: (rs: ReplicaSet) => number,
): void {
  let left = budget;
  for (const rs of sets) {
    const size = sizes.get(rs) ?? 0;
    const taken = Math.max(Math.min(spare(rs), size, left), 0);
    sizes.set(rs, size - taken);
    left -= taken;
  }
}

/** Whether the wanted number was changed since the sets were last scaled. */
export function wasResized(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  const wanted = String(replicasOf(deployment));
  return sets.some((rs) => {
    const desired = rs.metadata.annotations?.[annotations.desiredReplicas];
    return isActive(rs) && desired !== undefined && desired !== wanted;
  });
}

/**
 * A change of the wanted number, or a paused Deployment: the only active set gets it all; in the middle of a rollout
 * every set gets its share, so that the risk stays spread as it was.
 */
export function planResize(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scale[] {
  const wanted = replicasOf(deployment);
  const all = newSet ? [...old, newSet] : [...old];
  const active = all.filter(isActive);
  const only = active.length === 0 ? (newSet ?? byCreation(old).at(-1)) : active.length === 1 ? active[0] : undefined;
  if (only) return [{ set: only, replicas: wanted }];
  if (newSet && isSaturated(deployment, newSet)) {
    return old.filter(isActive).map((set) => ({ set, replicas: 0 }));
  }
  if (active.length === 0 || !isRolling(deployment)) return [];
  return proportional(deployment, active);
}

function isSaturated(deployment: Deployment, { spec, status, metadata }: ReplicaSet): boolean {
  const wanted = replicasOf(deployment);
  return (
    spec.replicas === wanted &&
    metadata.annotations?.[annotations.desiredReplicas] === String(wanted) &&
    status?.availableReplicas === wanted
  );
}

function proportional(deployment: Deployment, active: readonly ReplicaSet[]): Scale[] {
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0;
  const toAdd = allowed - sum(active, replicasOf);
  // Growing favours the newer of two equal sets, shrinking the older.
  const sign = toAdd > 0 ? -1 : 1;
  const age = byCreation(active);
  const ordered = active.toSorted((a, b) => replicasOf(b) - replicasOf(a) || sign * (age.indexOf(a) - age.indexOf(b)));
  let added = 0;
  const sizes = ordered.map((rs) => {
    const share = toAdd === added ? 0 : shareOf(deployment, rs);
    const part = toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    added += part;
    return replicasOf(rs) + part;
  });
  sizes[0] = Math.max((sizes[0] ?? 0) + toAdd - added, 0);
  return ordered.map((set, i) => ({ set, replicas: sizes[i] ?? 0 }));
}

/** By how much the set grows when it keeps its part of the whole. */
function shareOf(deployment: Deployment, rs: ReplicaSet): number {
  const wanted = replicasOf(deployment);
  if (wanted === 0) return -replicasOf(rs);
  const before = Number(rs.metadata.annotations?.[annotations.maxReplicas] ?? 0) || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  return Math.round((replicasOf(rs) * (wanted + maxSurge(deployment))) / before) - replicasOf(rs);
}

/** Recreate: all old pods go before the first new one comes. */
export function planRecreate(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  options: { readonly oldPodsRun: boolean },
): Scale[] {
  const shrink = old.filter(isActive).map((set) => ({ set, replicas: 0 }));
  if (shrink.length > 0 || options.oldPodsRun || !newSet) return shrink;
  const wanted = replicasOf(deployment);
  return replicasOf(newSet) === wanted ? [] : [{ set: newSet, replicas: wanted }];
}
