import { isDeepStrictEqual } from "node:util";
import { type ControllerRevision, ControllerRevisions } from "#api/apps/v1/controller-revision.ts";
import type { PodTemplateSpec } from "#api/core/v1/pod.ts";
import { isAlreadyExists, isNotFound } from "#api/meta/api-error.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import type { Client } from "#client/client.ts";
import { controllerReference, isControlledBy } from "#controller/owners.ts";
import { templateHash } from "./deployment-revision.plan.ts";

/** On a pod: the revision that it was made from. */
export const revisionHash = "controller-revision-hash";

/** The template as a strategic merge patch, which is how `kubectl rollout undo` brings it back. */
const dataOf = (template: PodTemplateSpec) => ({ spec: { template: { ...template, $patch: "replace" } } });

export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (data as ReturnType<typeof dataOf>).spec.template;
  return template;
}

export const byRevision = (revisions: readonly ControllerRevision[]): ControllerRevision[] =>
  revisions.toSorted(
    (a, b) =>
      a.revision - b.revision ||
      Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );

export interface HistoryOptions<R extends Resource> {
  readonly client: Client;
  readonly resource: R;
  readonly owner: ObjectOf<R>;
  readonly template: PodTemplateSpec;
  readonly revisions: readonly ControllerRevision[];
  readonly collisionCount: number;
  /** The label that a revision carries its hash in. */
  readonly hashLabel: string;
}

export interface History {
  /** The revision of the template as it is now, the newest of all. */
  readonly update: ControllerRevision;
  /** All of them, the oldest first. */
  readonly revisions: readonly ControllerRevision[];
  readonly collisionCount: number;
}

/** Makes the template as it is now the newest revision: a known one is moved to the end, a new one is added. */
export async function syncHistory<R extends Resource>(options: HistoryOptions<R>): Promise<History> {
  const { client, template, collisionCount } = options;
  const revisions = byRevision(options.revisions);
  const data = dataOf(template);
  const next = (revisions.at(-1)?.revision ?? 0) + 1;
  const known = revisions.findLast((revision) => isDeepStrictEqual(revision.data, data));
  if (!known) return addRevision(options, revisions, next);
  if (known === revisions.at(-1)) return { update: known, revisions, collisionCount };
  const update = await client.update(ControllerRevisions, { ...known, revision: next });
  return { update, revisions: [...revisions.filter((each) => each !== known), update], collisionCount };
}

async function addRevision<R extends Resource>(
  { client, resource, owner, template, hashLabel, ...options }: HistoryOptions<R>,
  revisions: readonly ControllerRevision[],
  next: number,
): Promise<History> {
  const { name, namespace, annotations } = owner.metadata;
  for (let collisionCount = options.collisionCount; ; collisionCount++) {
    const hash = templateHash(template, collisionCount);
    const key = { namespace, name: `${name}-${hash}` };
    try {
      const update = await client.create(ControllerRevisions, {
        metadata: {
          name: key.name,
          ...(namespace && { namespace }),
          labels: { ...template.metadata?.labels, [hashLabel]: hash },
          ...(annotations && { annotations }),
          ownerReferences: [controllerReference(resource, owner)],
        },
        data: dataOf(template),
        revision: next,
      });
      return { update, revisions: [...revisions, update], collisionCount };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const update = await client.get(ControllerRevisions, key);
      if (isControlledBy(update, owner) && isDeepStrictEqual(update.data, dataOf(template))) {
        return { update, revisions: [...revisions, update], collisionCount }; // ours, and the cache did not know it yet
      }
    }
  }
}

/** Deletes old revisions past the limit; those in `live` stay. */
export async function trimHistory(
  client: Client,
  revisions: readonly ControllerRevision[],
  live: ReadonlySet<string>,
  limit: number,
): Promise<void> {
  const old = byRevision(revisions).filter(({ metadata }) => !live.has(metadata.name));
  for (const { metadata } of old.slice(0, Math.max(old.length - limit, 0))) {
    try {
      await client.delete(ControllerRevisions, metadata, { preconditions: { uid: metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error; // gone already
    }
  }
}
