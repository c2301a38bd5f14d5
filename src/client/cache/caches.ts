import { qualifiedName, type Resource } from "#api/resource.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component, Scope } from "#kit/scope.ts";
import type { Client } from "../client.ts";
import { ObjectCache } from "./object-cache.ts";
import { type ReflectorOptions, reflect } from "./reflector.ts";

export interface CachesOptions {
  readonly client: Pick<Client, "list" | "watch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** What part of a kind this process needs; a node agent follows only its own pods. */
  readonly select?: (resource: Resource) => ReflectorOptions["select"];
}

/**
 * The cache of a process, shared by all that runs in it: one list and one watch per kind, begun when the first one asks
 * for the kind. Put it before its users in the list of components.
 */
export class Caches extends ObjectCache implements Component {
  readonly name = "caches";
  readonly #options: CachesOptions;
  /** Kinds asked for, by name. Before `start` nobody follows them yet. */
  readonly #followed = new Map<string, Resource>();
  #scope: Scope | undefined;

  constructor(options: CachesOptions) {
    super();
    this.#options = options;
  }

  async start(scope: Scope): Promise<void> {
    this.#scope = scope;
    for (const resource of this.#followed.values()) this.#reflect(scope, resource);
  }

  /** Begins to follow these kinds; those already followed are left alone. */
  follow(...resources: readonly Resource[]): void {
    for (const resource of resources) {
      const name = qualifiedName(resource);
      if (this.#followed.has(name)) continue;
      this.#followed.set(name, resource);
      if (this.#scope) this.#reflect(this.#scope, resource);
    }
  }

  follows(resource: Resource): boolean {
    return this.#followed.has(qualifiedName(resource));
  }

  /** Follows these kinds and resolves when the first complete list of each is in the cache. */
  async synced(resources: readonly Resource[], signal?: AbortSignal): Promise<void> {
    this.follow(...resources);
    await Promise.all(
      resources.map((resource) => {
        const store = this.store(resource);
        return store.until(() => store.synced, signal);
      }),
    );
  }

  /** Resolves when every change of this kind up to `revision` is in the cache. */
  reached(resource: Resource, revision: number, signal?: AbortSignal): Promise<void> {
    const store = this.store(resource);
    return store.until(() => store.revision >= revision, signal);
  }

  #reflect(scope: Scope, resource: Resource): void {
    const { select, ...rest } = this.#options;
    const options: ReflectorOptions = { ...rest, select: select?.(resource) ?? {} };
    scope.spawn(`follow ${qualifiedName(resource)}`, (signal) =>
      reflect(resource, this.store(resource), options, signal),
    );
  }
}
