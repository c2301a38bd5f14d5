import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Checkpoint } from "./checkpoint.ts";

/** What every engine must do. `open` is called again with the same folder to see what a restart finds. */
export function describeCheckpoint(name: string, engine: { open(folder: string): Promise<Checkpoint> }): void {
  const inFolder = (body: (reopen: () => Promise<Checkpoint>) => Promise<void>) => async () => {
    const folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
    const opened: Checkpoint[] = [];
    try {
      await body(async () => {
        const checkpoint = await engine.open(folder);
        opened.push(checkpoint);
        return checkpoint;
      });
    } finally {
      await Promise.all(opened.map((checkpoint) => checkpoint.close?.()));
      await rm(folder, { recursive: true, force: true });
    }
  };

  describe(`checkpoint ${name}`, () => {
    test(
      "a saved value is there after a restart",
      inFolder(async (reopen) => {
        await (await reopen()).save("pods/a", bytes("one"));
        assert.deepEqual(await contents(await reopen()), { "pods/a": "one" });
      }),
    );

    test(
      "the last value saved wins, however the writes overlap",
      inFolder(async (reopen) => {
        const checkpoint = await reopen();
        await Promise.all(Array.from({ length: 20 }, (_, i) => checkpoint.save("key", bytes(`value ${i}`))));
        assert.deepEqual(await contents(await reopen()), { key: "value 19" });
      }),
    );

    test(
      "a removed value stays away, and removing it twice is no error",
      inFolder(async (reopen) => {
        const checkpoint = await reopen();
        await checkpoint.save("a", bytes("1"));
        await checkpoint.save("b", bytes("2"));
        await checkpoint.remove("a");
        await checkpoint.remove("a");
        assert.deepEqual(await contents(await reopen()), { b: "2" });
      }),
    );

    test(
      "keys may hold any character, values any byte",
      inFolder(async (reopen) => {
        const value = Uint8Array.from({ length: 256 }, (_, i) => i);
        await (await reopen()).save("a/../b c%2F.ü", value);
        const loaded = await (await reopen()).load();
        assert.deepEqual([...loaded.keys()], ["a/../b c%2F.ü"]);
        assert.deepEqual(
          [...loaded.values()].map((v) => [...v]),
          [[...value]],
        );
      }),
    );
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function contents(checkpoint: Checkpoint): Promise<Record<string, string>> {
  const decoder = new TextDecoder();
  return Object.fromEntries([...(await checkpoint.load())].map(([key, value]) => [key, decoder.decode(value)]));
}
