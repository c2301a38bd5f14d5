import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import type { Caches } from "#client/cache/caches.ts";
import { objectKey } from "#client/cache/store.ts";
import type { Client, Key } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import type { ControllerDefinition } from "./controller.ts";
import { eventRecorder } from "./events.ts";
import { ownWrites } from "./own-writes.ts";
import { controllerOf, groupOf } from "./owners.ts";
import type { QueueMetrics } from "./queue-metrics.ts";
import { startWorkers } from "./workers.ts";

export interface ControllerDependencies {
  readonly client: Client;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics?: QueueMetrics | undefined;
}

/** Runs a controller: gathers keys from events, hands each to one worker at a time, retries what failed. */
export function controllerComponent<R extends Resource>(
  definition: ControllerDefinition<R>,
  { client, caches, clock, log, metrics }: ControllerDependencies,
): Component {
  const { name, workers } = definition;
  return {
    name,
    async start(scope) {
      const events = eventRecorder({ client, clock, log, component: name });
      scope.defer(() => events.flush());
      const queue = startWorkers(scope, {
        name,
        clock,
        log,
        metrics,
        workers,
        async work(id, signal) {
          const own = ownWrites(client, caches);
          try {
            return await definition.reconcile(keyOf(id), {
              client: own.client,
              cache: caches,
              clock,
              log,
              events,
              signal,
            });
          } finally {
            await own.seen(signal);
          }
        },
      });
      const add = (key: Key) => queue.add(objectKey(key));
      for (const { on, name, values } of definition.indexes ?? []) caches.index(on, name, values);
      for (const end of listen(definition, caches, add)) scope.defer(end);
      await caches.synced(kindsOf(definition), scope.signal);
      for (const key of definition.begin ?? []) add(key);
      queue.begin();
    },
  };
}

function kindsOf({ for: own, owns = [], wakes = [], reads = [], indexes = [] }: ControllerDefinition): Resource[] {
  return [...new Set([own, ...owns, ...wakes.map(({ on }) => on), ...reads, ...indexes.map(({ on }) => on)])];
}

function listen(definition: ControllerDefinition, caches: Caches, add: (key: Key) => void): (() => void)[] {
  const owner = definition.for;
  const wakeOwner = (child: KubeObject) => {
    const reference = controllerOf(child);
    if (reference?.kind !== owner.kind || groupOf(reference.apiVersion) !== owner.group) return;
    add({ namespace: owner.scope === "Namespaced" ? child.metadata.namespace : undefined, name: reference.name });
  };
  const on = (resource: Resource, tell: (object: KubeObject) => void) =>
    caches.subscribe(resource, (events) => {
      for (const { object, previous } of events) {
        tell(object);
        // What let go of its owner, or no longer matches, concerns those it belonged to.
        if (previous) tell(previous);
      }
    });
  return [
    caches.subscribe(owner, (events) => {
      for (const { object } of events) add(object.metadata);
    }),
    ...(definition.owns ?? []).map((resource) => on(resource, wakeOwner)),
    ...(definition.wakes ?? []).map(({ on: resource, keys }) =>
      on(resource, (object) => keys(object, { cache: caches }).forEach(add)),
    ),
  ];
}

function keyOf(id: string): Key {
  const [namespace, name] = id.split("/") as [string, string];
  return namespace ? { namespace, name } : { name };
}
