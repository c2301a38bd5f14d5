import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { describeCheckpoint } from "./checkpoint.conformance.ts";
import { openFileCheckpoint } from "./file-checkpoint.ts";

describeCheckpoint("file", { open: openFileCheckpoint });

test("what a crash left half written is neither loaded nor kept", async () => {
  const folder = await mkdtemp(join(tmpdir(), "checkpoint-"));
  try {
    await writeFile(join(folder, "1-0.draft"), "half a val");
    const checkpoint = await openFileCheckpoint(folder);
    assert.equal((await checkpoint.load()).size, 0);
    assert.deepEqual(await readdir(folder), []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
