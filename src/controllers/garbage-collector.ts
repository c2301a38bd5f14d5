import { Events } from "#api/core/v1/event.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject, OwnerReference } from "#api/meta/object-meta.ts";
import { qualifiedName, type Resource } from "#api/resource.ts";
import type { CacheEvent } from "#client/cache/store.ts";
import type { Client } from "#client/client.ts";
import { eventRecorder } from "#controller/events.ts";
import { foregroundDeletion, orphanDependents, removeFinalizer } from "#controller/finalizers.ts";
import { ownWrites } from "#controller/own-writes.ts";
import { groupOf } from "#controller/owners.ts";
import type { ControllerDependencies } from "#controller/run-controller.ts";
import { startWorkers, type Workers } from "#controller/workers.ts";
import type { Component, Scope } from "#kit/scope.ts";
import {
  blocks,
  isBeingDeletedInForeground,
  isBeingOrphaned,
  type OwnerState,
  planCollection,
} from "./garbage-collector.plan.ts";

const name = "garbage-collector-controller";
/** Dependents of each kind, by the uid of each of their owners. */
const byOwner = "owners";
const workers = 20;

interface Found {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** Deletes what has no owner left, and carries out the foreground and orphan ways of deletion. Knows no kind by name. */
export function garbageCollector(
  resources: () => readonly Resource[],
  dependencies: ControllerDependencies,
): Component {
  return { name, start: (scope) => new Collector(resources, dependencies).start(scope) };
}

class Collector {
  readonly #resources: () => readonly Resource[];
  readonly #deps: ControllerDependencies;
  /** By qualified name, which is how ids begin. Events come and go by themselves and own nothing. */
  readonly #kinds = new Map<string, Resource>();
  /** Where each object with this uid is: owners are looked up by uid alone. */
  readonly #objects = new Map<string, { readonly id: string; readonly found: () => Found | undefined }>();
  /** Uids that a live read has shown to be gone; nothing with such a uid comes back. */
  readonly #absent = new Set<string>();
  #queue: Workers | undefined;

  constructor(resources: () => readonly Resource[], dependencies: ControllerDependencies) {
    this.#resources = resources;
    this.#deps = dependencies;
  }

  async start(scope: Scope): Promise<void> {
    const { client, caches, clock, log, metrics } = this.#deps;
    const events = eventRecorder({ client, clock, log, component: name });
    scope.defer(() => events.flush());
    this.#queue = startWorkers(scope, {
      name,
      clock,
      log,
      metrics,
      workers,
      work: async (id, signal) => {
        const own = ownWrites(client, caches);
        try {
          await this.#collect(id, own.client, (object, message) =>
            events.event(object, "Warning", "OwnerRefInvalidNamespace", message),
          );
        } finally {
          await own.seen(signal);
        }
      },
    });
    const followed = this.#resources().filter((resource) => qualifiedName(resource) !== qualifiedName(Events));
    for (const resource of followed) {
      this.#kinds.set(qualifiedName(resource), resource);
      caches.index(resource, byOwner, ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid));
      const end = caches.subscribe(resource, (batch) => {
        for (const event of batch) this.#noticed(resource, event);
      });
      scope.defer(end);
    }
    await caches.synced(followed, scope.signal);
    this.#queue.begin();
  }

  /** Only what can change a decision is looked at: references, a deletion, finalizers of one that is being deleted. */
  #noticed(resource: Resource, { type, object, previous }: CacheEvent): void {
    const { uid, ownerReferences, deletionTimestamp } = object.metadata;
    const id = idOf(resource, object);
    if (type === "DELETED") {
      if (this.#objects.get(uid)?.id === id) this.#objects.delete(uid);
      for (const dependent of this.#dependents(uid)) this.#queue?.add(idOf(dependent.resource, dependent.object));
      this.#wakeWaitingOwners(object);
      return;
    }
    const { caches } = this.#deps;
    if (!previous) {
      const key = object.metadata;
      const found = () => {
        const current = caches.find(resource, key);
        return current?.metadata.uid === uid ? { resource, object: current } : undefined;
      };
      this.#objects.set(uid, { id, found });
    }
    const before = previous?.metadata;
    if (deletionTimestamp && !before?.deletionTimestamp) this.#queue?.add(id);
    else if (deletionTimestamp && before?.finalizers !== object.metadata.finalizers) this.#queue?.add(id);
    else if (ownerReferences && JSON.stringify(before?.ownerReferences) !== JSON.stringify(ownerReferences)) {
      this.#queue?.add(id);
    }
    if (before?.ownerReferences && previous) this.#wakeWaitingOwners(previous);
  }

  /** An owner that is deleted in the foreground waits for its dependents: one of them went, or let go. */
  #wakeWaitingOwners(dependent: KubeObject): void {
    for (const { uid } of dependent.metadata.ownerReferences ?? []) {
      const owner = this.#objects.get(uid);
      const found = owner?.found();
      if (owner && found?.object.metadata.deletionTimestamp) this.#queue?.add(owner.id);
    }
  }

  #dependents(uid: string): Found[] {
    const { caches } = this.#deps;
    return [...this.#kinds.values()].flatMap((resource) =>
      caches.indexed(resource, byOwner, uid).map((object) => ({ resource, object })),
    );
  }

  async #collect(id: string, client: Client, warn: (object: KubeObject, message: string) => void): Promise<void> {
    const [kind = "", namespace = "", objectName = ""] = id.split("/");
    const resource = this.#kinds.get(kind);
    const object = resource && this.#deps.caches.find(resource, { namespace, name: objectName });
    if (!resource || !object) return;
    if (isBeingOrphaned(object)) return this.#letGo(client, { resource, object });
    if (isBeingDeletedInForeground(object)) return this.#waitForDependents(client, { resource, object });
    if (object.metadata.deletionTimestamp) return;
    const owners = [];
    for (const reference of object.metadata.ownerReferences ?? []) {
      owners.push({ reference, state: await this.#ownerState(client, object, reference, warn) });
    }
    const dependents = this.#dependents(object.metadata.uid).map((each) => each.object);
    const action = planCollection(object, owners, dependents);
    if (action.do === "removeReferences") await removeReferences(client, { resource, object }, action.uids);
    if (action.do !== "delete") return;
    if (action.unblock) await this.#unblock(client, { resource, object });
    await deleteObject(client, { resource, object }, action.policy);
  }

  async #ownerState(
    client: Client,
    object: KubeObject,
    reference: OwnerReference,
    warn: (object: KubeObject, message: string) => void,
  ): Promise<OwnerState> {
    if (this.#absent.has(reference.uid)) return "absent";
    const kind = [...this.#kinds.values()].find(
      (each) => each.kind === reference.kind && each.group === groupOf(reference.apiVersion),
    );
    if (!kind) return "unknown";
    const { namespace } = object.metadata;
    if (kind.scope === "Namespaced" && !namespace) {
      warn(object, `ownerRef [${describe(reference)}] is namespaced, but its dependent is cluster-wide`);
      return "unknown";
    }
    const key = { namespace: kind.scope === "Namespaced" ? namespace : undefined, name: reference.name };
    const known = this.#deps.caches.find(kind, key);
    if (known?.metadata.uid === reference.uid) return isBeingDeletedInForeground(known) ? "waiting" : "solid";
    // The cache may lag behind: only the server can say that something is not there.
    try {
      const live = await client.get(kind, key);
      if (live.metadata.uid === reference.uid) return isBeingDeletedInForeground(live) ? "waiting" : "solid";
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const elsewhere = this.#objects.get(reference.uid)?.found()?.object.metadata;
    if (elsewhere && elsewhere.namespace !== namespace) {
      warn(object, `ownerRef [${describe(reference)}] does not exist in namespace "${namespace}"`);
    } else {
      this.#remember(reference.uid);
    }
    return "absent";
  }

  #remember(uid: string): void {
    this.#absent.add(uid);
    if (this.#absent.size > 500) this.#absent.delete(this.#absent.values().next().value as string);
  }

  /** Foreground: dependents that block go first, then the finalizer. */
  async #waitForDependents(client: Client, { resource, object }: Found): Promise<void> {
    const blocking = this.#dependents(object.metadata.uid).filter((each) => blocks(each.object, object.metadata.uid));
    if (blocking.length === 0) {
      await removeFinalizer(client, resource, object, foregroundDeletion);
      return;
    }
    for (const dependent of blocking) {
      if (!dependent.object.metadata.deletionTimestamp) this.#queue?.add(idOf(dependent.resource, dependent.object));
    }
  }

  /** Orphan: dependents lose this owner, then the finalizer goes. */
  async #letGo(client: Client, { resource, object }: Found): Promise<void> {
    const { uid } = object.metadata;
    for (const dependent of this.#dependents(uid)) await removeReferences(client, dependent, [uid]);
    await removeFinalizer(client, resource, object, orphanDependents);
  }

  /** The object waits for an owner that waits for it: a circle, unless it no longer blocks. */
  async #unblock(client: Client, { resource, object }: Found): Promise<void> {
    const { resourceVersion, ownerReferences = [] } = object.metadata;
    const freed = ownerReferences.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
    const body = { metadata: { resourceVersion, ownerReferences: freed } };
    await client.patch(resource, object.metadata, { type: "merge", body });
  }
}

const idOf = (resource: Resource, { metadata }: KubeObject) =>
  `${qualifiedName(resource)}/${metadata.namespace ?? ""}/${metadata.name}`;

const describe = ({ apiVersion, kind, name: owner, uid }: OwnerReference) =>
  `${apiVersion}/${kind}, name: ${owner}, uid: ${uid}`;

async function removeReferences(client: Client, { resource, object }: Found, uids: readonly string[]): Promise<void> {
  const { resourceVersion, ownerReferences = [] } = object.metadata;
  const kept = ownerReferences.filter(({ uid }) => !uids.includes(uid));
  const body = { metadata: { resourceVersion, ownerReferences: kept.length > 0 ? kept : null } };
  try {
    await client.patch(resource, object.metadata, { type: "merge", body });
  } catch (error) {
    if (!isNotFound(error)) throw error; // gone has no owners either
  }
}

/** The resourceVersion makes sure that nobody has given it a new owner meanwhile. */
async function deleteObject(
  client: Client,
  { resource, object }: Found,
  propagationPolicy: "Background" | "Foreground" | "Orphan",
): Promise<void> {
  const { uid, resourceVersion } = object.metadata;
  const preconditions = propagationPolicy === "Foreground" ? { uid } : { uid, resourceVersion };
  try {
    await client.delete(resource, object.metadata, { propagationPolicy, preconditions });
  } catch (error) {
    if (!isNotFound(error)) throw error; // gone is what was wanted
  }
}
