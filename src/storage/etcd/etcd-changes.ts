import { RpcError } from "#grpc/rpc-error.ts";
import { type Change, Compacted, type Entry } from "../storage.ts";
import type { EtcdClient } from "./etcd-client.ts";
import type { Got } from "./messages.ts";

export interface EtcdNews {
  /** Those of our own keys. */
  readonly changes: readonly Change[];
  /** All changes up to here have been told, of whatever key. */
  readonly position: number;
}

/** A key and an end of one zero byte each mean all keys. */
const everything = Buffer.from([0]);

/**
 * All changes above `from`. Watches every key there is, and so hears of every revision: an etcd that only tells of our
 * own keys would leave open whether the news up to a revision are complete. Ends when the signal aborts; throws Compacted,
 * or RpcError when the connection breaks.
 */
export async function* etcdChanges(
  client: EtcdClient,
  { root, from, signal }: { readonly root: string; readonly from: number; readonly signal: AbortSignal },
): AsyncGenerator<EtcdNews> {
  if (signal.aborted) return;
  const start = Math.max(from, 0) + 1;
  const create = { key: everything, range_end: everything, start_revision: start, prev_kv: true };
  for await (const { events, canceled, compact_revision, cancel_reason } of client.watch(create, signal)) {
    if (compact_revision > 0) throw new Compacted(from, compact_revision);
    if (canceled) throw new RpcError("UNAVAILABLE", cancel_reason || "the watch was ended", "Watch");
    const last = events.at(-1)?.kv;
    if (!last) continue; // the watch was made
    const own = events.filter(({ kv }) => kv && isBelow(root, kv.key));
    yield { changes: own.map((event) => changeOf(root, event, from)), position: last.mod_revision };
  }
}

const isBelow = (root: string, key: Buffer) => key.length > root.length && key.toString().startsWith(root);

export const entryOf = (root: string, kv: Got<"KeyValue">): Entry => ({
  key: kv.key.toString().slice(root.length),
  value: kv.value,
  revision: kv.mod_revision,
  created: kv.create_revision,
});

function changeOf(root: string, { type, kv, prev_kv }: Got<"Event">, from: number): Change {
  const { key, mod_revision, create_revision } = kv!;
  const isNew = type === "PUT" && create_revision === mod_revision;
  // the change itself is still there, but what it replaced is not
  if (!isNew && !prev_kv) throw new Compacted(from, mod_revision);
  return {
    revision: mod_revision,
    key: key.toString().slice(root.length),
    ...(type === "PUT" && { entry: entryOf(root, kv!) }),
    ...(!isNew && { previous: entryOf(root, prev_kv!) }),
  };
}
