import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isElsewhereAlive, thisProcess } from "./store-owner.ts";

test("who owns a store, and whether that process still runs", async () => {
  const self = thisProcess();
  assert.equal(isElsewhereAlive(self), false);
  const child = spawn("sleep", ["60"]);
  const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
  const other = { ...self, pid: child.pid!, started: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]! };
  assert.equal(isElsewhereAlive(other), true);
  assert.equal(isElsewhereAlive({ ...other, started: "1" }), false, "the number went to another process");
  assert.equal(isElsewhereAlive({ ...other, boot: "earlier" }), false, "the machine has been started anew");
  assert.equal(isElsewhereAlive({ ...other, pidNamespace: "pid:[1]" }), false, "another container");
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(isElsewhereAlive(other), false);
});
