import { ApiError, isConflict } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Watch, WatchEvent } from "#api/meta/watch.ts";
import type { Resource, StoredAs } from "#api/resource.ts";
import type { ApiResponse } from "#client/transport.ts";
import type { RequestDesk } from "../pipeline.ts";
import { deepFreeze } from "./codec.ts";
import { applyPatch, invalidPatch } from "./patch.ts";
import type { Admitted } from "./registry.ts";
import { readObject } from "./update.ts";
import type { Writing } from "./write.ts";

/** A patch that loses this often against other writers gives up. */
const mostAttempts = 100;

/**
 * Serves a kind in a version in which it is not stored: what comes in is turned into the stored version, what goes out
 * back. There is one registry for all versions, so a write through one is seen by the watchers of all.
 */
export class OtherVersion implements RequestDesk {
  readonly resource: Resource;
  readonly #stored: StoredAs<KubeObject>;
  readonly #hub: RequestDesk;
  /** An object or event is turned once, however many read it. */
  readonly #objects = new WeakMap<KubeObject, KubeObject>();
  readonly #events = new WeakMap<WatchEvent<KubeObject>, WatchEvent<KubeObject>>();

  /** @param hub the registry of the stored version */
  constructor(resource: Resource, hub: RequestDesk) {
    if (!resource.storedAs) throw new Error(`${resource.plural} are stored as they are`);
    this.resource = resource;
    this.#stored = resource.storedAs;
    this.#hub = hub;
  }

  /** Throws ApiError. */
  async handle(request: Admitted): Promise<ApiResponse> {
    const { options = {}, user, duplicateFields } = request;
    const warnings = new Set<string>();
    const writing: Writing = { user, options, duplicateFields, warnings };
    const response = await this.#carryOut({ ...request, resource: this.#stored.resource }, writing);
    const answer = this.#answer(response);
    return warnings.size > 0 ? { ...answer, warnings: [...(answer.warnings ?? []), ...warnings] } : answer;
  }

  async #carryOut(request: Admitted, writing: Writing): Promise<ApiResponse> {
    if (request.patch) return this.#patch(request, request.patch, writing);
    if (request.verb !== "create" && request.verb !== "update") return this.#hub.handle(request);
    return this.#write(request, readObject(this.resource, request.object, writing));
  }

  /** What is unknown has been told of in the terms of this version. */
  #write({ duplicateFields: _, ...request }: Admitted, object: KubeObject): Promise<ApiResponse> {
    const options = { ...request.options, fieldValidation: "Ignore" as const };
    return this.#hub.handle({ ...request, options, object: structuredClone(this.#stored.toHub(object)) });
  }

  async #patch(
    { patch: _, ...request }: Admitted,
    patch: NonNullable<Admitted["patch"]>,
    writing: Writing,
  ): Promise<ApiResponse> {
    for (let attempt = 1; ; attempt++) {
      const stored = await this.#hub.handle({ ...request, verb: "get", subresource: undefined, options: {} });
      if (stored.kind !== "object") throw new ApiError("InternalError", "expected an object");
      const old = this.#view(stored.object as KubeObject);
      const patched = applyPatch(this.resource, patch, old);
      const draft = readObject(this.resource, patched, writing, invalidPatch(this.resource, patch, patched));
      try {
        return await this.#write({ ...request, verb: "update" }, draft);
      } catch (error) {
        // what the client itself insists on is not tried again
        const own = draft.metadata.resourceVersion === old.metadata.resourceVersion;
        if (!isConflict(error) || !own || attempt === mostAttempts || names(patch.body)) throw error;
      }
    }
  }

  #answer(response: ApiResponse): ApiResponse {
    switch (response.kind) {
      case "object":
        return { ...response, object: this.#view(response.object as KubeObject) };
      case "list": {
        const { items, metadata } = response.list;
        return { ...response, list: { metadata, items: items.map((item) => this.#view(item)) } };
      }
      case "watch":
        return { ...response, watch: this.#watch(response.watch) };
    }
  }

  async *#watch(watch: Watch<KubeObject>): Watch<KubeObject> {
    for await (const batch of watch) yield batch.map((event) => this.#event(event));
  }

  #event(event: WatchEvent<KubeObject>): WatchEvent<KubeObject> {
    if (event.type === "BOOKMARK") return event;
    let turned = this.#events.get(event);
    if (!turned) {
      const { previous } = event;
      turned = { ...event, object: this.#view(event.object), ...(previous && { previous: this.#view(previous) }) };
      this.#events.set(event, turned);
    }
    return turned;
  }

  /** Anything that is not of this kind, as a Status, stays as it is. */
  #view(object: KubeObject): KubeObject {
    if (object.kind !== this.resource.kind) return object;
    let turned = this.#objects.get(object);
    if (!turned) {
      turned = deepFreeze(structuredClone(this.#stored.fromHub(object)));
      this.#objects.set(object, turned);
    }
    return turned;
  }
}

/** Whether a patch says which version of the object it is for. */
const names = (body: unknown) => JSON.stringify(body).includes('"resourceVersion"');
