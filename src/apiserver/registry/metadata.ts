import { randomUUID } from "node:crypto";
import { badRequest } from "#api/meta/api-error.ts";
import type { KubeObject, ObjectMeta } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Resource } from "#api/resource.ts";
import { equal } from "#schema/diff.ts";

/** Gives a new object its namespace, or checks the one it has. Throws ApiError `BadRequest`. */
export function settleNamespace(resource: Resource, metadata: ObjectMeta, namespace: string | undefined): void {
  const wanted = resource.scope === "Namespaced" ? (namespace ?? "") : "";
  if (metadata.namespace && metadata.namespace !== wanted) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (resource.scope === "Cluster") return;
  if (!wanted) throw badRequest("an empty namespace may not be set during creation");
  metadata.namespace = wanted;
}

/** Throws ApiError `BadRequest` when the object is not the one that the request names. */
export function checkName(metadata: ObjectMeta, name: string): void {
  if (!metadata.name) throw badRequest("name must be provided");
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

/** What the server alone writes in the metadata of a new object. */
export function beginMetadata(resource: Resource, metadata: ObjectMeta, now: number): void {
  for (const field of serverFields) delete metadata[field];
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(now);
  if (resource.specFields.length > 0) metadata.generation = 1;
}

const serverFields = [
  "selfLink",
  "generation",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
] as const;

/** What an update takes over from the stored object, whatever the client sent. */
export function carryMetadata(metadata: ObjectMeta, old: ObjectMeta): void {
  delete metadata.selfLink;
  delete metadata.managedFields;
  if (old.managedFields) metadata.managedFields = old.managedFields;
  metadata.uid ||= old.uid;
  metadata.creationTimestamp = old.creationTimestamp;
  metadata.resourceVersion = old.resourceVersion;
  if (old.namespace !== undefined) metadata.namespace ??= old.namespace;
  take("generation", metadata, old);
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  else delete metadata.deletionTimestamp;
  if (old.deletionGracePeriodSeconds === undefined) delete metadata.deletionGracePeriodSeconds;
  else metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
}

function take<K extends keyof ObjectMeta>(field: K, to: ObjectMeta, from: ObjectMeta): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

/** Counts the change when the wanted state differs. */
export function countChange(resource: Resource, next: KubeObject, old: KubeObject): void {
  if (resource.specFields.length === 0) return;
  const changed = resource.specFields.some((field) => !equal(fieldOf(next, field), fieldOf(old, field)));
  if (changed) next.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

export const fieldOf = (object: KubeObject, field: string): unknown =>
  (object as unknown as Record<string, unknown>)[field];
