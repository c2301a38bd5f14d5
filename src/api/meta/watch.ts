import type { KubeObject } from "./object-meta.ts";

/** What a watcher sees of one change. `previous` is the object before it, `revision` the change's place in the one order of all changes. */
export type WatchEvent<O extends KubeObject = KubeObject> =
  | {
      readonly type: "ADDED" | "MODIFIED" | "DELETED";
      readonly object: O;
      readonly previous?: O;
      readonly revision: number;
    }
  | { readonly type: "BOOKMARK"; readonly revision: number; readonly initialEventsEnd?: boolean };

/** Events in batches. Ends when its signal aborts or the server closes it. Throws ApiError `Expired` when the reader fell too far behind. */
export type Watch<O extends KubeObject = KubeObject> = AsyncIterable<readonly WatchEvent<O>[]>;

export interface ObjectList<O extends KubeObject = KubeObject> {
  readonly items: readonly O[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
}
