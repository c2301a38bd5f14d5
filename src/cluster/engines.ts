import { hostname } from "node:os";
import type { Checkpoint } from "#checkpoint/checkpoint.ts";
import { type EngineTable, engineFor } from "#kit/engine.ts";
import type { Storage, StorageEngine } from "#storage/storage.ts";

const storageEngines: EngineTable<StorageEngine> = {
  "lmdb:": () => import("#storage/lmdb-storage.ts"),
  "memory:": () => import("#storage/memory-storage.ts"),
  "etcd:": () => import("#storage/etcd-storage.ts"),
  "etcds:": () => import("#storage/etcd-storage.ts"),
};

/** `folder` is where an engine that keeps files puts them when the URL names no path. */
export async function openStorage(url: string, folder: string): Promise<Storage> {
  const engine = await engineFor("--storage", url, storageEngines);
  return engine.open(url, { folder });
}

interface CheckpointEngine {
  open(url: string, options: { readonly folder: string }): Promise<Checkpoint>;
}

const checkpointEngines: EngineTable<CheckpointEngine> = {
  "file:": async () => {
    const { openFileCheckpoint } = await import("#checkpoint/file-checkpoint.ts");
    return { open: (url, { folder }) => openFileCheckpoint(url.slice("file:".length) || folder) };
  },
  "redis:": () => redisCheckpoint(),
  "rediss:": () => redisCheckpoint(),
};

async function redisCheckpoint(): Promise<CheckpointEngine> {
  const { openRedisCheckpoint } = await import("#checkpoint/redis-checkpoint.ts");
  // nodes that share a Redis, on one machine or on many, keep apart by what only one of them has
  return { open: (url, { folder }) => openRedisCheckpoint(url, `${hostname()}:${folder}`) };
}

/** Where a node keeps its own memory; `folder` is used when the URL names no path. */
export async function openCheckpoint(url: string, folder: string): Promise<Checkpoint> {
  const engine = await engineFor("--checkpoint", url, checkpointEngines);
  return engine.open(url, { folder });
}
