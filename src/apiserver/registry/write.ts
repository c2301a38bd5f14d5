import { ApiError, conflict, invalid, notFound, staleObject } from "#api/meta/api-error.ts";
import type { KubeObject, ObjectMeta } from "#api/meta/object-meta.ts";
import type { Key } from "#client/client.ts";
import type { RequestOptions, UserInfo } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import { equal } from "#schema/diff.ts";
import type { Problem } from "#schema/problem.ts";
import { validate } from "#schema/validate.ts";
import type { Admission, Review } from "../admission/admission.ts";
import { deepFreeze } from "./codec.ts";
import { type KindStore, Outrun } from "./kind-store.ts";
import { carryMetadata, countChange, fieldOf } from "./metadata.ts";
import { metadataProblems } from "./validate-metadata.ts";

/** What every write needs. */
export interface Desk {
  readonly store: KindStore;
  readonly admission: Admission;
  readonly clock: Clock;
}

/** Who writes and how. */
export interface Writing {
  readonly user: UserInfo;
  readonly options: RequestOptions;
  readonly duplicateFields?: readonly string[] | undefined;
  /** Gathers what is worth telling the client although the write is done; tried again, it is told once. */
  readonly warnings: Set<string>;
}

/** Which part of an object a write is about; everything else stays as it is, whatever the client sent. */
export type Part = "main" | "status" | "finalize" | "binding";

export interface Change {
  readonly key: Key;
  readonly part: Part;
  readonly writing: Writing;
  /** A new object that has of `old` what is to stay. Called again when another write came first. */
  readonly edit: (old: KubeObject) => KubeObject;
}

/** A write that loses this often against others gives up. */
const mostAttempts = 100;

/** Changes an object there is, by compare and swap. Throws ApiError. */
export async function change(desk: Desk, request: Change): Promise<KubeObject> {
  const { store } = desk;
  let old: KubeObject | undefined = await store.get(request.key);
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    if (!old) throw notFound(store.resource, request.key.name);
    try {
      return await attemptChange(desk, request, old);
    } catch (error) {
      if (!(error instanceof Outrun)) throw error;
      old = error.current;
    }
  }
  throw conflict(store.resource, request.key.name, staleObject);
}

async function attemptChange(desk: Desk, request: Change, old: KubeObject): Promise<KubeObject> {
  const { store, admission } = desk;
  const { resource } = store;
  const next = request.edit(old);
  const review = reviewOf(desk, request, next, old);
  if (request.part === "main") carryMetadata(next.metadata, old.metadata);
  await admission.mutate(review);
  if (request.part === "main") {
    carryStatus(desk, next, old);
    resource.rules.update?.(next, old);
  }
  const settle = request.part === "main" ? admission.reserve(review) : () => {};
  let committed = false;
  try {
    if (request.part === "main") countChange(resource, next, old);
    // a binding is the server's own change: it does what the rules keep clients from doing
    if (request.part !== "binding") refuseInvalid(desk, next, old);
    await admission.validate(review);
    const result = await commit(desk, request.writing, next, old);
    committed = !request.writing.options.dryRun;
    return result;
  } finally {
    settle(committed);
  }
}

async function commit({ store }: Desk, { options }: Writing, next: KubeObject, old: KubeObject): Promise<KubeObject> {
  if (isFinished(next)) {
    if (!options.dryRun) await store.remove(old);
    return deepFreeze(next);
  }
  if (equal(next, old)) return old;
  return options.dryRun ? deepFreeze(next) : store.replace(old, next);
}

/** A deletion that waited for something is done once nothing is left to wait for. */
export function isFinished(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return false;
  return specFinalizers(object).length === 0;
}

/** Namespaces have finalizers of their own kind: the content has to go first. */
export function specFinalizers(object: KubeObject): readonly string[] {
  if (object.kind !== "Namespace" || object.apiVersion !== "v1") return [];
  return (fieldOf(object, "spec") as { finalizers?: readonly string[] } | undefined)?.finalizers ?? [];
}

/** Throws ApiError `Invalid`. */
export function refuseInvalid({ store: { resource } }: Pick<Desk, "store">, next: KubeObject, old?: KubeObject): void {
  const problems: Problem[] = [
    ...metadataProblems(resource, next, old),
    ...validate(resource.schema, next),
    ...(resource.rules.check?.(next, old) ?? []),
  ];
  if (problems.length > 0) throw invalid(resource, next.metadata.name ?? "", problems);
}

function reviewOf(
  { store: { resource } }: Desk,
  { key, part, writing }: Change,
  object: KubeObject,
  old: KubeObject,
): Review {
  return {
    verb: "update",
    resource,
    subresource: part === "main" ? undefined : part,
    namespace: key.namespace,
    name: key.name,
    object,
    old,
    user: writing.user,
    dryRun: writing.options.dryRun ?? false,
  };
}

/** A kind that has a status endpoint changes its status only there. */
function carryStatus({ store: { resource } }: Desk, next: KubeObject, old: KubeObject): void {
  if (!resource.subresources.includes("status")) return;
  const draft = next as KubeObject & { status?: unknown };
  const status = fieldOf(old, "status");
  if (status === undefined) delete draft.status;
  else draft.status = status;
}

/** What a client names in the object is what the change is for. Throws ApiError `Conflict`. */
export function checkPreconditions(
  { store: { resource } }: Pick<Desk, "store">,
  expected: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
  { metadata }: { readonly metadata: ObjectMeta },
): void {
  const { uid, resourceVersion } = expected;
  if (uid && uid !== metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
    throw conflict(resource, metadata.name, why);
  }
  if (resourceVersion && resourceVersion !== "0" && resourceVersion !== metadata.resourceVersion) {
    throw conflict(resource, metadata.name, staleObject);
  }
}

/** An error in Kubernetes' form that has no reason of its own. */
export const unclassified = (message: string, code = 500): ApiError =>
  Object.assign(new ApiError("InternalError", message), { reason: "", code });
