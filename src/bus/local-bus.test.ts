import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { describeBus } from "./bus.conformance.ts";
import type { Bus } from "./bus.ts";
import { openLocalBus } from "./local-bus.ts";

const base = await mkdtemp(join(tmpdir(), "local-bus-"));
after(() => rm(base, { recursive: true, force: true }));
let folders = 0;
const kept = new WeakMap<Bus, string>();
const open = async (folder = join(base, String(folders++))) => {
  const bus = await openLocalBus({ folder });
  kept.set(bus, folder);
  return bus;
};

describeBus("local, in memory", { open: () => openLocalBus() });
describeBus("local, in a folder", {
  open: () => open(),
  async reopen(bus) {
    await bus.close();
    return open(kept.get(bus)!);
  },
});

test("a line that a crash tore is forgotten, those before it are not", async () => {
  const folder = join(base, "torn");
  const bus = await open(folder);
  await bus.join("t", "g");
  await bus.publish("t", Buffer.from("whole"));
  await bus.close();
  await appendFile(join(folder, "journal"), '{"do":"put","topic":"t","gro');
  const again = await open(folder);
  for await (const delivery of again.consume("t", { group: "g", window: 1, signal: AbortSignal.timeout(5_000) })) {
    assert.equal(Buffer.from(delivery.body).toString(), "whole");
    break;
  }
  await again.close();
});

test("the file does not grow with what is done", async () => {
  const folder = join(base, "growing");
  const bus = await open(folder);
  await bus.join("t", "g");
  const body = Buffer.alloc(1024 * 1024, 1);
  const abort = new AbortController();
  const done = (async () => {
    for await (const delivery of bus.consume("t", { group: "g", window: 1, signal: abort.signal }))
      await delivery.ack();
  })();
  for (let i = 0; i < 30; i++) await bus.publish("t", body);
  abort.abort();
  await done;
  const { size } = await stat(join(folder, "journal"));
  assert.ok(size < 20 * 1024 * 1024, `${size} bytes`);
  await bus.close();
});
