import type { Draft, KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectList, Watch } from "#api/meta/watch.ts";
import type { ObjectOf, Resource, Subresource } from "#api/resource.ts";
import type {
  ApiRequest,
  ApiResponse,
  DeleteOptions,
  PatchType,
  RequestOptions,
  Transport,
  UserInfo,
} from "./transport.ts";

/** Names one object of a kind; `namespace` is left out for cluster-wide kinds. */
export interface Key {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export type ListOptions = Pick<
  RequestOptions,
  "labelSelector" | "fieldSelector" | "limit" | "continue" | "resourceVersion" | "resourceVersionMatch"
> & { readonly namespace?: string | undefined; readonly signal?: AbortSignal };

export type WatchOptions = ListOptions &
  Pick<RequestOptions, "allowWatchBookmarks" | "sendInitialEvents" | "timeoutSeconds">;

export type WriteOptions = Pick<RequestOptions, "dryRun" | "fieldManager" | "fieldValidation" | "force"> & {
  readonly subresource?: Subresource;
  readonly signal?: AbortSignal;
};

export interface Reader {
  get<R extends Resource>(resource: R, key: Key): Promise<ObjectOf<R>>;
  /** Reads a subresource that has a form of its own, as scale. */
  getSub(resource: Resource, key: Key, subresource: Subresource): Promise<object>;
  list<R extends Resource>(resource: R, options?: ListOptions): Promise<ObjectList<ObjectOf<R>>>;
  /** Resolves when the server has accepted the watch; objects are frozen and shared. */
  watch<R extends Resource>(resource: R, options?: WatchOptions): Promise<Watch<ObjectOf<R>>>;
}

export interface Writer {
  create<R extends Resource>(resource: R, object: Draft<ObjectOf<R>>, options?: WriteOptions): Promise<ObjectOf<R>>;
  /** Replaces the object; with its resourceVersion only if nobody else wrote meanwhile. */
  update<R extends Resource>(resource: R, object: Draft<ObjectOf<R>>, options?: WriteOptions): Promise<ObjectOf<R>>;
  updateStatus<R extends Resource>(
    resource: R,
    object: Draft<ObjectOf<R>>,
    options?: WriteOptions,
  ): Promise<ObjectOf<R>>;
  patch<R extends Resource>(
    resource: R,
    key: Key,
    patch: { readonly type: PatchType; readonly body: unknown },
    options?: WriteOptions,
  ): Promise<ObjectOf<R>>;
  delete<R extends Resource>(
    resource: R,
    key: Key,
    options?: DeleteOptions & { readonly dryRun?: boolean },
  ): Promise<void>;
  deleteCollection<R extends Resource>(resource: R, options?: ListOptions & DeleteOptions): Promise<void>;
  /** Creates through a subresource, as binding, eviction or token; the result is what the server answers. */
  createSub(resource: Resource, key: Key, subresource: Subresource, object: object): Promise<object>;
}

export interface Client extends Reader, Writer {}

/** The one client there is; the transport decides whether it talks to this process or to a server elsewhere. */
export function createClient(transport: Transport, options: { user?: UserInfo } = {}): Client {
  const send = (request: ApiRequest) => transport.dispatch(options.user ? { ...request, user: options.user } : request);
  const forObject = async <O>(request: ApiRequest): Promise<O> =>
    (await expectKind("object", send(request))).object as O;
  const write = <R extends Resource>(
    verb: "create" | "update",
    resource: R,
    object: Draft<ObjectOf<R>>,
    { subresource, signal, ...rest }: WriteOptions,
  ) => {
    const { namespace, name } = (object as Draft<KubeObject>).metadata ?? {};
    return forObject<ObjectOf<R>>({ verb, resource, namespace, name, subresource, options: rest, object, signal });
  };

  return {
    get: (resource, { namespace, name }) => forObject({ verb: "get", resource, namespace, name }),
    getSub: (resource, { namespace, name }, subresource) =>
      forObject({ verb: "get", resource, namespace, name, subresource }),

    async list(resource, { namespace, signal, ...rest } = {}) {
      const response = await expectKind("list", send({ verb: "list", resource, namespace, options: rest, signal }));
      return response.list as ObjectList<ObjectOf<typeof resource>>;
    },

    async watch(resource, { namespace, signal, ...rest } = {}) {
      const response = await expectKind("watch", send({ verb: "watch", resource, namespace, options: rest, signal }));
      return response.watch as Watch<ObjectOf<typeof resource>>;
    },

    create: (resource, object, rest = {}) => write("create", resource, object, rest),
    update: (resource, object, rest = {}) => write("update", resource, object, rest),
    updateStatus: (resource, object, rest = {}) =>
      write("update", resource, object, { ...rest, subresource: "status" }),

    patch: (resource, { namespace, name }, patch, { subresource, signal, ...rest } = {}) =>
      forObject({ verb: "patch", resource, namespace, name, subresource, options: rest, patch, signal }),

    async delete(resource, { namespace, name }, { dryRun, ...deleteOptions } = {}) {
      await send({ verb: "delete", resource, namespace, name, deleteOptions, options: dryRun ? { dryRun } : {} });
    },

    async deleteCollection(resource, options = {}) {
      const { namespace, signal, gracePeriodSeconds, propagationPolicy, preconditions, orphanDependents, ...rest } =
        options;
      const deleteOptions: DeleteOptions = dropUndefined({
        gracePeriodSeconds,
        propagationPolicy,
        preconditions,
        orphanDependents,
      });
      await send({ verb: "deletecollection", resource, namespace, options: rest, deleteOptions, signal });
    },

    createSub: (resource, { namespace, name }, subresource, object) =>
      forObject({ verb: "create", resource, namespace, name, subresource, object }),
  };
}

async function expectKind<K extends ApiResponse["kind"]>(kind: K, answer: Promise<ApiResponse>) {
  const response = await answer;
  if (response.kind !== kind) throw new Error(`expected ${kind} in answer, got ${response.kind}`);
  return response as Extract<ApiResponse, { kind: K }>;
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}
