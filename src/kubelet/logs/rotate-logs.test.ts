import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { planRotation } from "./rotate-logs.plan.ts";
import { rotateLogs } from "./rotate-logs.ts";

const now = new Date("2026-01-02T03:04:05.678Z");

test("the plan keeps the newest and never more than allowed", () => {
  const names = ["0.log", "0.log.20260101-000001.gz", "0.log.20260101-000002.gz", "0.log.20260101-000003", "1.log.x"];
  assert.deepEqual(planRotation("0.log", [...names, "0.log.20260101-000003.gz.tmp"], now, 4), {
    remove: ["0.log.20260101-000003.gz.tmp", "0.log.20260101-000001.gz"],
    compress: ["0.log.20260101-000003"],
    rotated: "0.log.20260102-030405",
  });
  assert.deepEqual(planRotation("0.log", names, now, 2).remove, names.slice(1, 4));
});

test("a log over the limit is moved away, the one before compressed; a failed reopen changes nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rotate-logs-"));
  const path = join(folder, "0.log");
  const limits = { maxBytes: 10, maxFiles: 3 };
  const write = () => writeFile(path, "0123456789");
  try {
    await writeFile(path, "short");
    assert.equal(await rotateLogs(path, write, now, limits), false);
    await write();
    const failing = rotateLogs(path, () => Promise.reject(new Error("runtime is away")), now, limits);
    await assert.rejects(failing, /runtime is away/);
    assert.deepEqual(await readdir(folder), ["0.log"]);
    for (let n = 0; n < 4; n++) assert.equal(await rotateLogs(path, write, new Date(+now + n * 1000), limits), true);
    assert.deepEqual((await readdir(folder)).toSorted(), [
      "0.log",
      "0.log.20260102-030407.gz",
      "0.log.20260102-030408",
    ]);
    assert.equal(gunzipSync(await readFile(`${path}.20260102-030407.gz`)).toString(), "0123456789");
    assert.equal(await rotateLogs(join(folder, "none.log"), write, now, limits), false);
  } finally {
    await rm(folder, { recursive: true });
  }
});
