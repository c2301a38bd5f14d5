import { ApiError } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { Key } from "#client/client.ts";
import type { ApiRequest, ApiResponse, UserInfo } from "#client/transport.ts";
import { bind } from "./binding.ts";
import { deepFreeze } from "./codec.ts";
import { create } from "./create.ts";
import { type Deletion, deletionAnswer, remove, removeAll } from "./delete.ts";
import { type EvictionGuard, evict } from "./eviction.ts";
import { list } from "./list.ts";
import { patch } from "./patch.ts";
import { patchScale, updateScale, viewScale } from "./scale.ts";
import { update } from "./update.ts";
import { watch } from "./watch.ts";
import type { Desk, Part, Writing } from "./write.ts";

/** A request whose sender is known and may do what it asks. */
export type Admitted = ApiRequest & { readonly user: UserInfo };

/** Subresources that something else than the registry answers, as tokens. */
export type SubresourceHandler = (request: Admitted) => Promise<ApiResponse>;

export interface RegistryOptions extends Desk {
  readonly evictionGuard?: EvictionGuard | undefined;
  readonly subresources?: Readonly<Partial<Record<string, SubresourceHandler>>> | undefined;
}

/** Everything that can be asked about the objects of one kind. One class for all kinds: what differs is in the definition. */
export class Registry {
  readonly #desk: Desk;
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#desk = options;
    this.#options = options;
  }

  get resource(): Resource {
    return this.#desk.store.resource;
  }

  /** Throws ApiError. */
  async handle(request: Admitted): Promise<ApiResponse> {
    const { options = {}, user, duplicateFields } = request;
    const warnings = new Set(deprecation(this.resource));
    const writing: Writing = { user, options, duplicateFields, warnings };
    const response = request.subresource
      ? await this.#subresource(request, writing)
      : await this.#main(request, writing);
    return warnings.size > 0 ? { ...response, warnings: [...(response.warnings ?? []), ...warnings] } : response;
  }

  async #main(request: Admitted, writing: Writing): Promise<ApiResponse> {
    const { verb, namespace, object, options = {}, deleteOptions = {} } = request;
    const { store, clock } = this.#desk;
    switch (verb) {
      case "get":
        return answer(await this.#get(keyOf(request), options.resourceVersion));
      case "list":
        return { kind: "list", list: await list(store, { namespace, name: request.name, options }) };
      case "watch": {
        const { name, signal } = request;
        return { kind: "watch", watch: await watch(store, { namespace, name, options, clock, signal }) };
      }
      case "create":
        return answer(await create(this.#desk, { namespace, object, writing }), 201);
      case "update":
        return answer(await update(this.#desk, { key: keyOf(request), part: "main", object, writing }));
      case "patch":
        return answer(await patch(this.#desk, { key: keyOf(request), part: "main", patch: patchIn(request), writing }));
      case "delete":
        return this.#delete({ key: keyOf(request), options: deleteOptions, writing });
      case "deletecollection": {
        const found = await list(store, { namespace, options });
        const items = await removeAll(this.#desk, found, { options: deleteOptions, writing });
        return { kind: "list", list: { items, metadata: { resourceVersion: found.metadata.resourceVersion } } };
      }
    }
  }

  async #get(key: Key, resourceVersion?: string): Promise<KubeObject> {
    const { store } = this.#desk;
    const revision = Number(resourceVersion ?? 0);
    if (revision > 0) await store.follower.notOlderThan(revision);
    return store.get(key);
  }

  async #delete(deletion: Deletion): Promise<ApiResponse> {
    const deleted = await remove(this.#desk, deletion);
    const { propagationPolicy, orphanDependents } = deletion.options;
    const waits = !deleted.gone && (propagationPolicy === "Foreground" || orphanDependents === false);
    return answer(deepFreeze(deletionAnswer(this.resource, deleted)), waits ? 202 : 200);
  }

  async #subresource(request: Admitted, writing: Writing): Promise<ApiResponse> {
    const { subresource = "", object } = request;
    if (!(this.resource.subresources as readonly string[]).includes(subresource)) throw noSuchPath();
    const handler = this.#options.subresources?.[subresource];
    if (handler) return handler(request);
    const key = keyOf(request);
    switch (subresource) {
      case "status":
      case "finalize":
        return answer(await this.#part(subresource, request, writing));
      case "scale":
        return answer(await this.#scale(request, writing));
      case "binding":
        if (request.verb === "create") return answer(await bind(this.#desk, key, object, writing), 201);
        break;
      case "eviction":
        if (request.verb !== "create") break;
        return answer(await evict(this.#desk, key, object, { writing, guard: this.#options.evictionGuard }), 201);
    }
    throw methodNotAllowed();
  }

  #part(part: Part, request: Admitted, writing: Writing): Promise<KubeObject> {
    const key = keyOf(request);
    if (request.verb === "update") return update(this.#desk, { key, part, object: request.object, writing });
    if (part === "finalize") throw methodNotAllowed();
    if (request.verb === "get") return this.#get(key, request.options?.resourceVersion);
    if (request.verb === "patch") return patch(this.#desk, { key, part, patch: patchIn(request), writing });
    throw methodNotAllowed();
  }

  async #scale(request: Admitted, writing: Writing): Promise<object> {
    const key = keyOf(request);
    switch (request.verb) {
      case "get":
        return viewScale(this.resource, await this.#get(key, request.options?.resourceVersion));
      case "update":
        return updateScale(this.#desk, key, request.object, writing);
      case "patch":
        return patchScale(this.#desk, key, patchIn(request), writing);
      default:
        throw methodNotAllowed();
    }
  }
}

/** The warning of a kind that is on its way out. */
function deprecation({ deprecated, kind, ...resource }: Resource): string[] {
  if (!deprecated) return [];
  const { since, use } = deprecated;
  return [`${apiVersionOf(resource)} ${kind} is deprecated in ${since}+; use ${use}`];
}

const answer = (object: object, status = 200): ApiResponse => ({ kind: "object", status, object });

function keyOf({ namespace, name }: ApiRequest): Key {
  if (!name) throw new ApiError("BadRequest", "name must be provided");
  return { namespace, name };
}

function patchIn({ patch: given }: ApiRequest): NonNullable<ApiRequest["patch"]> {
  if (!given) throw new ApiError("BadRequest", "a patch must be provided");
  return given;
}

const noSuchPath = () => new ApiError("NotFound", "the server could not find the requested resource");

const methodNotAllowed = () =>
  new ApiError("MethodNotAllowed", "the server does not allow this method on the requested resource");
