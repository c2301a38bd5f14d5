import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectList, Watch } from "#api/meta/watch.ts";
import type { Resource, Subresource } from "#api/resource.ts";

export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** The query parameters of Kubernetes' API, parsed. */
export interface RequestOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly orphanDependents?: boolean;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

/** One request to the API, whichever door it comes through. Over HTTP this is the parsed path, query and body. */
export interface ApiRequest {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: Subresource | undefined;
  readonly options?: RequestOptions | undefined;
  /** create, update: the object (or that of the subresource). The receiver may change it. */
  readonly object?: unknown;
  readonly patch?: { readonly type: PatchType; readonly body: unknown } | undefined;
  readonly deleteOptions?: DeleteOptions | undefined;
  /** Paths of fields that stood twice in the body's text, found while it was parsed. */
  readonly duplicateFields?: readonly string[] | undefined;
  /** Who asks. The HTTP door sets what authentication found; an in-process caller says who it is. */
  readonly user?: UserInfo | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ApiResponse = { readonly warnings?: readonly string[] } & (
  | { readonly kind: "object"; readonly status: number; readonly object: object }
  | { readonly kind: "list"; readonly list: ObjectList }
  | { readonly kind: "watch"; readonly watch: Watch<KubeObject> }
);

/** The server's pipeline is a Transport, and so is HTTP to a server elsewhere. Objects that come back are frozen. */
export interface Transport {
  /** Throws ApiError. */
  dispatch(request: ApiRequest): Promise<ApiResponse>;
}
