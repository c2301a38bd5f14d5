/** A start that was broken off at any moment is taken up by the next one. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { needsRealContainers } from "../support/machine.ts";

const program = resolve(import.meta.dirname, "../../bin/minik8s");
const ranges = ["--cluster-cidr=10.195.0.0/16", "--service-cluster-ip-range=10.194.0.0/16"];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "0.0.0.0", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // had ended already
  }
}

describe("broken starts", needsRealContainers, () => {
  for (const ms of [60, 250, 500]) {
    test(`killed after ${ms} ms, with all that it had started`, async () => {
      const data = mkdtempSync(join(tmpdir(), "minik8s-broken-"));
      const args = ["up", `--data-dir=${data}`, `--port=${await freePort()}`, ...ranges];
      const run = (...words: string[]) => spawnSync(program, words, { encoding: "utf8", timeout: 60_000 });
      try {
        const first = spawn(program, args, { stdio: "ignore" });
        await wait(ms);
        kill(first.pid as number);
        for (const role of ["server", "agent"]) {
          const file = join(data, "run", `${role}.pid`);
          if (existsSync(file)) kill(Number(readFileSync(file, "utf8").split(" ")[0]));
        }
        const second = run(...args);
        assert.equal(second.status, 0, second.stderr);
        assert.equal(run("status", `--data-dir=${data}`).status, 0);
      } finally {
        assert.equal(run("reset", "--yes", `--data-dir=${data}`).status, 0);
        rmSync(data, { recursive: true, force: true });
      }
    });
  }
});
