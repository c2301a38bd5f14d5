import { isDeepStrictEqual } from "node:util";
import type { Deployment } from "#api/apps/v1/deployment.ts";
import type { ReplicaSet } from "#api/apps/v1/replica-set.ts";
import type { PodTemplateSpec } from "#api/core/v1/pod.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { maxSurge, replicasOf } from "./deployment-limits.ts";

const podTemplateHash = "pod-template-hash";
export const annotations = {
  revision: "deployment.kubernetes.io/revision",
  revisionHistory: "deployment.kubernetes.io/revision-history",
  desiredReplicas: "deployment.kubernetes.io/desired-replicas",
  maxReplicas: "deployment.kubernetes.io/max-replicas",
} as const;

/** What a ReplicaSet does not take over from its Deployment. */
const ownAnnotations: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  ...Object.values(annotations),
]);

/** The history annotation grows with every rollback; past this length its oldest entries go. */
const maxHistoryLength = 2000;

/** The ReplicaSet of the Deployment's template as it is now; of several, as after a lost collision, the oldest. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byCreation(sets).find((rs) => sameTemplate(rs.spec.template, deployment.spec.template));
}

export function byCreation(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.toSorted(
    (a, b) =>
      Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return isDeepStrictEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined) {
  const { [podTemplateHash]: _, ...labels } = template?.metadata?.labels ?? {};
  return { metadata: { ...template?.metadata, labels }, spec: template?.spec };
}

export function revisionOf(object: Deployment | ReplicaSet | undefined): number {
  const revision = Number(object?.metadata.annotations?.[annotations.revision] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}

/** The revision that the newest set must have: one more than any other. */
export function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

/** A new set for the Deployment's template. `replicas` is how many it may start with. */
export function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[], replicas: number): Draft<ReplicaSet> {
  const { metadata, spec } = deployment;
  const hash = templateHash(spec.template, deployment.status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [podTemplateHash]: hash };
  const { matchLabels, ...selector } = spec.selector;
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace ?? "",
      labels,
      annotations: {
        ...inheritedAnnotations(deployment),
        [annotations.revision]: String(nextRevision(old)),
        ...sizeAnnotations(deployment),
      },
    },
    spec: {
      replicas,
      minReadySeconds: spec.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...matchLabels, [podTemplateHash]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

/** The annotations that the set of the current template must have, when it is an old one that comes back, too. */
export function wantedAnnotations(
  deployment: Deployment,
  set: ReplicaSet,
  old: readonly ReplicaSet[],
): Record<string, string> {
  const current = set.metadata.annotations ?? {};
  const wanted = { ...current, ...inheritedAnnotations(deployment) };
  const revision = nextRevision(old);
  if (revisionOf(set) >= revision) return wanted;
  const before = current[annotations.revision];
  if (before) {
    const history = [...(current[annotations.revisionHistory]?.split(",") ?? []), before];
    while (history.length > 1 && history.join(",").length > maxHistoryLength) history.shift();
    wanted[annotations.revisionHistory] = history.join(",");
  }
  wanted[annotations.revision] = String(revision);
  return wanted;
}

/** Tell, on each set, for which size of the Deployment it was scaled, so that a later change of size is noticed. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  return {
    [annotations.desiredReplicas]: String(replicasOf(deployment)),
    [annotations.maxReplicas]: String(replicasOf(deployment) + maxSurge(deployment)),
  };
}

function inheritedAnnotations({ metadata }: Deployment): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => !ownAnnotations.has(name)));
}

/** Old sets past the history limit, oldest revision first; one that still has pods, or whose status lags, stays. */
export function setsToForget(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const alive = old.filter((rs) => rs.metadata.deletionTimestamp === undefined);
  const surplus = Math.max(alive.length - limit, 0);
  return alive
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, surplus)
    .filter(
      ({ spec, status, metadata }) =>
        !spec.replicas && !status?.replicas && (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0),
    );
}

/**
 * Names the set and marks its pods. It only has to be stable within one server's life: a set is found again by comparing
 * templates, and a collision of two different ones raises `collisionCount`.
 */
export function templateHash(template: PodTemplateSpec, collisionCount = 0): string {
  const text = canonical(template) + (collisionCount > 0 ? String(collisionCount) : "");
  return [...String(fnv1a(text))].map((digit) => safe[digit.charCodeAt(0) % safe.length]).join("");
}

/** No vowels and nothing that looks like one, so that no hash is a word. */
const safe = "bcdfghjklmnpqrstvwxz2456789";

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}
