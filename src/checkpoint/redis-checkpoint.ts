import { Redis } from "ioredis";
import type { Checkpoint } from "./checkpoint.ts";

const connectMs = 5_000;
/** A call that waits for Redis to come back gives up after this. */
const commandMs = 10_000;
const longestPauseMs = 1_000;

/**
 * One hash a node. As durable as Redis itself: a value survives a power cut of Redis' machine when that has
 * `appendonly yes` and `appendfsync always`. Throws an Error with one clear sentence when Redis does not answer.
 */
export async function openRedisCheckpoint(url: string, node: string): Promise<Checkpoint> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectMs,
    commandTimeout: commandMs,
    // Calls wait in their order while Redis is away, so that the last value asked for is the one that stays.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 50, longestPauseMs),
  });
  let trouble: Error | undefined;
  redis.on("error", (error) => {
    trouble = error; // told when a call fails for it
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw new Error(`${withoutPassword(url)} does not answer: ${(trouble ?? (error as Error)).message}`, {
      cause: error,
    });
  }

  const hash = `minik8s:checkpoint:${node}`;
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const reason = redis.status === "ready" ? (error as Error) : (trouble ?? (error as Error));
      throw new Error(`the checkpoint in Redis: ${reason.message}`, { cause: error });
    }
  };
  return {
    async load() {
      const fields = await told(redis.hgetallBuffer(hash));
      return new Map(Object.entries(fields));
    },
    async save(key, value) {
      await told(redis.hset(hash, key, Buffer.from(value)));
    },
    async remove(key) {
      await told(redis.hdel(hash, key));
    },
    async close() {
      redis.disconnect();
    },
  };
}

const withoutPassword = (url: string) => url.replace(/\/\/[^/]*@/, "//");
