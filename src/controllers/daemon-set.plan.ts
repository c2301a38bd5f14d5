import type { DaemonSet, DaemonSetStatus } from "#api/apps/v1/daemon-set.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { countOf } from "#api/meta/int-or-percent.ts";
import { fits, targetOf } from "./daemon-set-pods.ts";
import { hasEnded, isAvailable, isReady, untilAvailable } from "./pods.ts";
import { revisionHash } from "./revision-history.ts";
import { withoutZeros } from "./status.ts";

/** The state of a set and its nodes, as the plans below read it. */
export interface DaemonState {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  /** By the node that they are on or meant for. */
  readonly pods: ReadonlyMap<string, readonly Pod[]>;
  readonly hash: string;
  readonly now: number;
}

export interface DaemonPlan {
  /** Names of nodes to create a pod for. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

export function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const found = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetOf(pod);
    if (node === undefined) continue;
    const there = found.get(node);
    if (there) there.push(pod);
    else found.set(node, [pod]);
  }
  return found;
}

const leaves = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined;
const isOld = (pod: Pod, hash: string) => pod.metadata.labels?.[revisionHash] !== hash;
const created = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp);

function surgeOf({ spec }: DaemonSet, desired: number): number {
  if (spec.updateStrategy?.type === "OnDelete") return 0;
  return countOf(spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, desired, Math.ceil);
}

/** A pod on each node that should have one, none where none should be, one alone, and none that has ended. */
export function planPresence(state: DaemonState): DaemonPlan & { readonly ended: readonly Pod[] } {
  const { set, nodes, pods, hash } = state;
  const plan = { create: [] as string[], remove: [] as Pod[], ended: [] as Pod[] };
  const surges = surgeOf(set, nodes.length) > 0;
  for (const node of nodes) {
    const { name } = node.metadata;
    const there = pods.get(name) ?? [];
    const { run, stay } = fits(set, node);
    if (!stay) {
      plan.remove.push(...there.filter((pod) => !leaves(pod)));
      continue;
    }
    const ended = there.filter((pod) => hasEnded(pod) && !leaves(pod));
    const living = there.filter((pod) => !hasEnded(pod) && !leaves(pod));
    plan.ended.push(...ended);
    if (run && there.length === 0) plan.create.push(name);
    const oldest = living.toSorted((a, b) => created(a) - created(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
    if (!surges) plan.remove.push(...oldest.slice(1));
    else {
      // while it surges a node may have one of each kind
      plan.remove.push(...oldest.filter((pod) => isOld(pod, hash)).slice(1));
      plan.remove.push(...oldest.filter((pod) => !isOld(pod, hash)).slice(1));
    }
  }
  return plan;
}

/** One step from old pods to new ones, within the limits. */
export function planRollout(state: DaemonState): DaemonPlan {
  const { set, nodes } = state;
  if (set.spec.updateStrategy?.type === "OnDelete") return { create: [], remove: [] };
  const wanted = nodes.filter((node) => fits(set, node).run);
  const surge = surgeOf(set, wanted.length);
  const given = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const unavailable = countOf(given, wanted.length, Math.ceil);
  // shares may both come to nothing, and then one at a time must go all the same
  return surge > 0 ? rollBySurge(state, surge) : rollByGap(state, wanted, Math.max(unavailable, 1));
}

/** Old pods go first; those that are not available anyway cost nothing. */
function rollByGap(state: DaemonState, wanted: readonly Node[], limit: number): DaemonPlan {
  const { pods, hash } = state;
  let missing = 0;
  const free: Pod[] = [];
  const candidates: Pod[] = [];
  for (const node of wanted) {
    const there = pods.get(node.metadata.name) ?? [];
    const fresh = there.find((pod) => !isOld(pod, hash) && !leaves(pod));
    const old = there.find((pod) => isOld(pod, hash) && !leaves(pod));
    if (fresh) {
      if (!available(fresh, state)) missing++;
    } else if (!old) missing++;
    else if (!available(old, state)) {
      missing++;
      free.push(old);
    } else candidates.push(old);
  }
  return { create: [], remove: [...free, ...candidates.slice(0, Math.max(limit - missing, 0))] };
}

/** New pods come first; an old one goes once the new one beside it is available. */
function rollBySurge(state: DaemonState, limit: number): DaemonPlan {
  const { pods, hash, nodes, set } = state;
  let surging = 0;
  const plan = { create: [] as string[], remove: [] as Pod[] };
  const candidates: string[] = [];
  for (const node of nodes) {
    const { name } = node.metadata;
    const there = (pods.get(name) ?? []).filter((pod) => !leaves(pod));
    const fresh = there.find((pod) => !isOld(pod, hash));
    const old = there.find((pod) => isOld(pod, hash));
    if (!old) continue;
    if (fresh) {
      if (available(fresh, state)) plan.remove.push(old);
      else surging++;
    } else if (!fits(set, node).run) plan.remove.push(old);
    else if (available(old, state)) candidates.push(name);
    else plan.create.push(name);
  }
  plan.create.push(...candidates.slice(0, Math.max(limit - surging, 0)));
  return plan;
}

const available = (pod: Pod, { set, now }: DaemonState) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now);

export interface DaemonStatusPlan {
  readonly status: DaemonSetStatus;
  /** Milliseconds until the next pod becomes available just by the passing of time. */
  readonly again: number | undefined;
}

export function planStatus(state: DaemonState, collisionCount: number): DaemonStatusPlan {
  const { set, nodes, pods, hash, now } = state;
  const count = { desired: 0, current: 0, misplaced: 0, ready: 0, available: 0, updated: 0 };
  const waits: number[] = [];
  for (const node of nodes) {
    const there = (pods.get(node.metadata.name) ?? []).toSorted((a, b) => created(a) - created(b));
    if (!fits(set, node).run) {
      if (there.length > 0) count.misplaced++;
      continue;
    }
    count.desired++;
    if (there.length === 0) continue;
    count.current++;
    const ready = there.filter((pod) => !leaves(pod) && isReady(pod));
    if (ready.length > 0) count.ready++;
    const left = ready.map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, now) ?? 0);
    if (left.includes(0)) count.available++;
    waits.push(...left.filter((ms) => ms > 0));
    // the newest tells how far the node is
    const newest = there.at(-1) as Pod;
    if (!isOld(newest, hash)) count.updated++;
  }
  return {
    status: {
      currentNumberScheduled: count.current,
      numberMisscheduled: count.misplaced,
      desiredNumberScheduled: count.desired,
      numberReady: count.ready,
      observedGeneration: set.metadata.generation ?? 0,
      ...withoutZeros({
        updatedNumberScheduled: count.updated,
        numberAvailable: count.available,
        numberUnavailable: count.desired - count.available,
      }),
      ...(collisionCount > 0 && { collisionCount }),
    },
    again: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}
