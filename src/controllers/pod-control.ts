import { type Pod, Pods, type PodTemplateSpec } from "#api/core/v1/pod.ts";
import { ApiError, isNotFound } from "#api/meta/api-error.ts";
import type { Draft, KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import type { ReconcileContext } from "#controller/controller.ts";
import { controllerReference } from "#controller/owners.ts";

type Context = Pick<ReconcileContext, "client" | "events">;

/** A pod as the template of `owner` wants it; the server gives it a name. */
export function podFromTemplate(owner: KubeObject, template: Partial<PodTemplateSpec> | undefined): Draft<Pod> {
  const { metadata, spec } = template ?? {};
  return {
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? "",
      ...(metadata?.labels && { labels: metadata.labels }),
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ...(metadata?.finalizers && { finalizers: metadata.finalizers }),
    },
    spec: spec ?? {},
  };
}

/** Creates a pod that belongs to `owner` and tells of it, or of why it could not be. */
export async function createPod<R extends Resource>(
  resource: R,
  owner: ObjectOf<R>,
  draft: Draft<Pod>,
  { client, events }: Context,
): Promise<Pod> {
  try {
    const ownerReferences = [controllerReference(resource, owner)];
    const pod = await client.create(Pods, { ...draft, metadata: { ...draft.metadata, ownerReferences } });
    events.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    return pod;
  } catch (error) {
    if (!isNamespaceTerminating(error)) {
      events.event(owner, "Warning", "FailedCreate", `Error creating: ${messageOf(error)}`);
    }
    throw error;
  }
}

/** Deletes this very pod and tells of it; that it is gone already is as good. */
export async function deletePod(owner: KubeObject, pod: Pod, { client, events }: Context): Promise<void> {
  const { name, uid } = pod.metadata;
  try {
    await client.delete(Pods, pod.metadata, { preconditions: { uid } });
    events.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  } catch (error) {
    if (isNotFound(error)) return; // that it is gone was the wish
    events.event(owner, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`);
    throw error;
  }
}

function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.details?.causes ?? []).some(({ reason }) => reason === "NamespaceTerminating")
  );
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
