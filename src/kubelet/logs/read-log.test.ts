import assert from "node:assert/strict";
import { appendFile, mkdtemp, open, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "#kit/clock.ts";
import { type LogOptions, readLog } from "./read-log.ts";
import { tailStart } from "./tail-start.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "read-log-"));
});
after(() => rm(folder, { recursive: true }));

const line = (second: number, text: string, stream = "stdout", tag = "F") =>
  `2026-01-02T03:04:${String(second).padStart(2, "0")}.123456789Z ${stream} ${tag} ${text}\n`;

async function logged(text: string, options: LogOptions): Promise<string> {
  const path = join(folder, "0.log");
  await writeFile(path, text);
  let out = "";
  for await (const chunk of readLog({ path, isRunning: () => false, clock: systemClock }, options, never)) out += chunk;
  return out;
}
const never = new AbortController().signal;
const three = line(1, "one") + line(2, "two", "stderr") + line(3, "three");

test("lines as the container wrote them", async () => {
  assert.equal(await logged(three, {}), "one\ntwo\nthree\n");
  assert.equal(await logged("", {}), "");
  assert.equal(await logged(`${three}garbage\n\n${line(4, "")}`, {}), "one\ntwo\nthree\n\n");
  assert.equal(await logged(three.slice(0, -1), {}), "one\ntwo\nthree");
});

test("cut lines are joined, and get one time", async () => {
  const cut = line(1, "a", "stdout", "P") + line(2, "b", "stdout", "P") + line(3, "c") + line(4, "d");
  assert.equal(await logged(cut, {}), "abc\nd\n");
  assert.equal(
    await logged(cut, { timestamps: true }),
    "2026-01-02T03:04:01.123456789Z abc\n2026-01-02T03:04:04.123456789Z d\n",
  );
});

test("tail, since, stream and limit", async () => {
  assert.equal(await logged(three, { tailLines: 2 }), "two\nthree\n");
  assert.equal(await logged(three, { tailLines: 0 }), "");
  assert.equal(await logged(three, { tailLines: 9 }), "one\ntwo\nthree\n");
  assert.equal(await logged(three, { since: Date.parse("2026-01-02T03:04:02Z") }), "two\nthree\n");
  assert.equal(await logged(three, { stream: "stderr" }), "two\n");
  assert.equal(await logged(three, { limitBytes: 6 }), "one\ntw");
});

test("so many lines of the end are that many, however fast more is written", async () => {
  const path = join(folder, "busy.log");
  await writeFile(path, three);
  let out = "";
  for await (const chunk of readLog({ path, isRunning: () => true, clock: systemClock }, { tailLines: 2 }, never)) {
    out += chunk;
    await appendFile(path, line(4, "four"));
  }
  assert.equal(out, "two\nthree\n");
});

test("a line may be cut anywhere by the reading, the output stays the same", async () => {
  const long = Array.from({ length: 5_000 }, (_, n) => line(n % 60, `${n} ${"é".repeat(n % 90)}`)).join("");
  const expected = Array.from({ length: 5_000 }, (_, n) => `${n} ${"é".repeat(n % 90)}\n`).join("");
  assert.equal(await logged(long, {}), expected);
});

test("the tail of a big file is found without reading it", async () => {
  const path = join(folder, "big.log");
  await writeFile(path, "x".repeat(99).concat("\n").repeat(400_000));
  const file = await open(path);
  let read = 0;
  const counting = {
    read(block: Buffer, offset: number, length: number, position: number) {
      read++;
      return file.read(block, offset, length, position);
    },
  };
  assert.equal(await tailStart(counting as typeof file, 40_000_000, 1_000), 40_000_000 - 100_000);
  assert.ok(read <= 3, `${read} blocks were read`);
  await file.close();
});

/** Follows in the background and waits for what is expected to have come out. */
function follow(path: string, isRunning: () => boolean, signal = never, options: LogOptions = {}) {
  let out = "";
  const ended = (async () => {
    for await (const chunk of readLog({ path, isRunning, clock: systemClock }, { ...options, follow: true }, signal))
      out += chunk;
    return out;
  })();
  const seen = async (text: string) => {
    for (let n = 0; n < 300 && out !== text; n++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(out, text);
  };
  return { ended, seen };
}

test("following goes through rotation and truncation, and ends with the container", async () => {
  const path = join(folder, "follow.log");
  let running = true;
  await writeFile(path, line(1, "one"));
  const log = follow(path, () => running);
  await log.seen("one\n");
  await appendFile(path, line(2, "two"));
  await log.seen("one\ntwo\n");
  await rename(path, `${path}.20260102-030405`);
  await appendFile(`${path}.20260102-030405`, line(3, "late"));
  await writeFile(path, line(4, "new"));
  await log.seen("one\ntwo\nlate\nnew\n");
  await truncate(path);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await appendFile(path, line(5, "x"));
  await log.seen("one\ntwo\nlate\nnew\nx\n");
  await appendFile(path, line(6, "last"));
  running = false;
  assert.equal(await log.ended, "one\ntwo\nlate\nnew\nx\nlast\n");
});

test("following ends with its signal", async () => {
  const path = join(folder, "abort.log");
  await writeFile(path, three);
  const abort = new AbortController();
  const log = follow(path, () => true, abort.signal, { tailLines: 1 });
  await log.seen("three\n");
  abort.abort();
  assert.equal(await log.ended, "three\n");
});

test("nothing is read before it is asked for", async () => {
  const path = join(folder, "slow.log");
  await writeFile(path, line(1, "x".repeat(1000)).repeat(1000));
  const log = readLog({ path, isRunning: () => false, clock: systemClock }, {}, never);
  const first = (await log.next()).value as Buffer;
  assert.ok(first.length <= 64 * 1024);
  await log.return(undefined);
});

test("no log is ENOENT", async () => {
  const log = readLog(
    { path: join(folder, "none"), isRunning: () => true, clock: systemClock },
    { follow: true },
    never,
  );
  await assert.rejects(log.next(), { code: "ENOENT" });
});
