import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pauseProgram } from "./pause-program.ts";
import { until } from "./process-table.ts";

test("a program of a few hundred bytes for each processor we know", () => {
  for (const [arch, machine] of [
    ["x64", 62],
    ["arm64", 183],
  ] as const) {
    const program = pauseProgram(arch) ?? assert.fail(arch);
    assert.ok(program.length < 300);
    assert.equal(program.toString("latin1", 1, 4), "ELF");
    assert.equal(program.readUInt16LE(18), machine);
  }
  assert.equal(pauseProgram("mips"), undefined);
});

const skip = pauseProgram(process.arch) ? false : `no program for ${process.arch}`;

test("it waits, and ends at once with 0 when told to", { skip }, async (t) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const pause = spawn(await programFile(t));
    await once(pause, "spawn");
    await until(async () => /^State:\tS/m.test(await readFile(`/proc/${pause.pid}/status`, "utf8")), 2000);
    const begun = performance.now();
    pause.kill(signal);
    assert.deepEqual(await once(pause, "exit"), [0, null]);
    assert.ok(performance.now() - begun < 500);
  }
});

const unshared = process.getuid?.() === 0 ? skip : "needs root for a process namespace";

test("as process 1 it takes away orphans that ended", { skip: unshared }, async (t) => {
  // Process 1 is given what its shell leaves behind: one that ends before its parent, and one that ends after it.
  const script = "(sh -c 'sleep 0.3 & sleep 0.6 & sleep 0.4' &) ; exec $0";
  const inside = spawn("unshare", ["--pid", "--fork", "--kill-child", "sh", "-c", script, await programFile(t)]);
  t.after(() => inside.kill("SIGKILL"));
  const children = async (pid: number) =>
    (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean).map(Number);
  const first = async () => (await children(inside.pid ?? 0))[0];
  await until(async () => (await first()) !== undefined, 2000);
  const pause = (await first()) ?? assert.fail("it did not start");
  await until(async () => (await readFile(`/proc/${pause}/cmdline`, "utf8")).includes("pause"), 2000);
  assert.notEqual((await children(pause)).length, 0);
  assert.ok(await until(async () => (await children(pause)).length === 0, 3000), "children are left");
  process.kill(pause, "SIGTERM");
  assert.deepEqual(await once(inside, "exit"), [0, null]);
});

async function programFile(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "minik8s-pause-"));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, "pause");
  await writeFile(path, pauseProgram(process.arch) ?? "", { mode: 0o755 });
  return path;
}
