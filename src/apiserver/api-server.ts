import { builtinResources, Namespaces } from "#api/catalog.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { Transport } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import { type Logger, silentLogger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import type { Storage } from "#storage/storage.ts";
import { Admission, type AdmissionPlugin } from "./admission/admission.ts";
import { namespaceLifecycle } from "./admission/namespace-lifecycle.ts";
import { type Attributes, type Authorizer, union } from "./authz/authorizer.ts";
import { components } from "./authz/components.ts";
import { masters } from "./authz/masters.ts";
import { publicPaths } from "./authz/public-paths.ts";
import { Pipeline } from "./pipeline.ts";
import type { EvictionGuard } from "./registry/eviction.ts";
import { KindStore } from "./registry/kind-store.ts";
import { Registry, type SubresourceHandler } from "./registry/registry.ts";
import type { Feed } from "./watch/feed.ts";
import { StorageFollower } from "./watch/follower.ts";

export interface ApiServerOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log?: Logger;
  readonly resources?: readonly Resource[];
  /** Asked after the built-in ones. */
  readonly authorizers?: readonly Authorizer[];
  /** Asked after the built-in ones. */
  readonly admission?: readonly AdmissionPlugin[];
  readonly evictionGuard?: EvictionGuard;
  /** Who answers subresources that are not about the object itself, by the name of the subresource. */
  readonly subresources?: Readonly<Partial<Record<string, SubresourceHandler>>>;
}

/** The API without any socket: a Transport for whoever is in this process, and what the HTTP door needs besides. */
export interface ApiServer extends Transport, Component {
  readonly resources: readonly Resource[];
  /** Throws ApiError `Forbidden`. For requests that are not dispatched, as `/metrics` or `pods/exec`. */
  authorize(attributes: Attributes): Promise<void>;
  /** The objects of a kind and their changes, as the server knows them. */
  feed(resource: Resource): Feed;
}

const idOf = (resource: Resource) => `${apiVersionOf(resource)}/${resource.plural}`;

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { storage, clock, log = silentLogger, resources = builtinResources } = options;
  const follower = new StorageFollower({ storage, clock, log });
  const stores = new Map(resources.map((each) => [idOf(each), new KindStore(each, { storage, follower })]));
  const storeOf = (resource: Resource): KindStore => {
    const store = stores.get(idOf(resource));
    if (!store) throw new Error(`${idOf(resource)} is not served`);
    return store;
  };

  const admission = new Admission([
    namespaceLifecycle((name) => storeOf(Namespaces).find({ name })),
    ...(options.admission ?? []),
  ]);
  const { evictionGuard, subresources } = options;
  const registries = new Map(
    [...stores].map(([id, store]) => [id, new Registry({ store, admission, clock, evictionGuard, subresources })]),
  );
  const authorizer = union([masters, publicPaths, components, ...(options.authorizers ?? [])]);
  const pipeline = new Pipeline({ registry: (resource) => registries.get(idOf(resource)), authorizer, log });

  return {
    name: "apiserver",
    resources,
    dispatch: (request) => pipeline.dispatch(request),
    authorize: (attributes) => pipeline.authorize(attributes),
    feed: (resource) => storeOf(resource).feed,
    async start(scope) {
      await follower.start(scope);
    },
  };
}
