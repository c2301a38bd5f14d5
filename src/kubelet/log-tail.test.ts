import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { logTail } from "./log-tail.ts";

test("the end of a log without its times, at most 80 lines and 2048 bytes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "log-tail-"));
  const path = join(folder, "0.log");
  const line = (text: string, tag = "F") => `2030-01-01T00:00:00.123456789Z stderr ${tag} ${text}\n`;
  try {
    assert.equal(await logTail(path), "");
    await writeFile(path, line("a  b") + line("begin ", "P") + line("end"));
    assert.equal(await logTail(path), "a  b\nbegin end\n");
    await writeFile(path, Array.from({ length: 500 }, (_, i) => line(String(i))).join(""));
    assert.deepEqual(
      (await logTail(path)).trim().split("\n"),
      Array.from({ length: 80 }, (_, i) => String(420 + i)),
    );
    await writeFile(path, Array.from({ length: 50 }, () => line("x".repeat(100))).join(""));
    assert.equal((await logTail(path)).length, 2048);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
