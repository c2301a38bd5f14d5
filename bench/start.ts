/**
 * How fast the API is there from a cold start, and what the server costs at rest.
 * Goals: ready in 400 ms (kube-apiserver 1.20 with etcd: 4,500 ms on the same machine), 110 MB, 0.5 % of a core.
 * Run: node bench/start.ts [STARTS] [REST SECONDS]
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cpuSeconds, quantile, report, residentMb, round } from "./support/figures.ts";

const minik8s = resolve(import.meta.dirname, "../bin/minik8s");
const starts = Number(process.argv[2] ?? 7);
const restSeconds = Number(process.argv[3] ?? 20);
const port = 16443;
execFileSync(minik8s, ["--version"]); // the bundle is made before anything is timed

function ready(): Promise<boolean> {
  return new Promise((done) => {
    const asking = request({ host: "127.0.0.1", port, path: "/readyz", rejectUnauthorized: false }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    asking.on("error", () => done(false));
    asking.end();
  });
}

async function start(folder: string): Promise<{ server: ChildProcess; ms: number }> {
  const begun = performance.now();
  const server = spawn(minik8s, ["server", `--data-dir=${folder}`, `--port=${port}`], { stdio: "ignore" });
  while (!(await ready())) await wait(2);
  return { server, ms: performance.now() - begun };
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = new Promise((done) => server.once("exit", done));
  server.kill("SIGTERM");
  await ended;
}

const first: number[] = [];
const again: number[] = [];
for (let i = 0; i < starts; i++) {
  const folder = mkdtempSync(join(tmpdir(), "minik8s-bench-"));
  for (const samples of [first, again]) {
    const { server, ms } = await start(folder);
    samples.push(ms);
    await stop(server);
  }
  if (existsSync(folder)) rmSync(folder, { recursive: true });
}
report("api ready from a cold start", {
  firstStartMs: round(quantile(first, 0.5), 0),
  laterStartMs: round(quantile(again, 0.5), 0),
  worstMs: round(Math.max(...first, ...again), 0),
  starts,
});

const folder = mkdtempSync(join(tmpdir(), "minik8s-bench-"));
const { server } = await start(folder);
const pid = server.pid as number;
await wait(5000);
const before = cpuSeconds(pid);
await wait(restSeconds * 1000);
report("server at rest", {
  residentMb: residentMb(pid),
  cpuPercent: round(((cpuSeconds(pid) - before) * 100) / restSeconds, 2),
  seconds: restSeconds,
});
await stop(server);
rmSync(folder, { recursive: true });
