import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { SpdySession } from "./spdy-session.ts";
import type { SpdyStream } from "./spdy-stream.ts";

function pair(accept: (stream: SpdyStream) => boolean = () => true) {
  const [left, right] = duplexPair();
  const accepted: SpdyStream[] = [];
  const server = new SpdySession(right, {
    role: "server",
    accept: (stream) => accept(stream) && accepted.push(stream) > 0,
  });
  const client = new SpdySession(left, { role: "client" });
  return { left, right, server, client, accepted };
}

test("streams carry headers and bytes both ways, each half ending by itself", async () => {
  const { client, server, accepted } = pair();
  const mine = await client.open({ streamtype: "data", port: "80" });
  const theirs = accepted[0]!;
  assert.deepEqual(
    [...theirs.headers],
    [
      ["streamtype", "data"],
      ["port", "80"],
    ],
  );
  mine.end("question");
  assert.equal(await text(theirs), "question");
  theirs.end("answer");
  assert.equal(await text(mine), "answer");
  client.close();
  await Promise.all([client.closed, server.closed]);
});

test("header blocks of many streams build on each other", async () => {
  const { client, accepted } = pair();
  for (let n = 0; n < 300; n++) await client.open({ streamtype: "data", port: String(n), requestID: `request-${n}` });
  assert.equal(accepted[299]!.headers.get("requestID".toLowerCase()), "request-299");
  client.close();
});

test("megabytes pass unharmed", async () => {
  const { client, accepted } = pair();
  const mine = await client.open({ streamtype: "stdin" });
  const sent = randomBytes(3_000_000);
  mine.end(sent);
  assert.ok((await buffer(accepted[0]!)).equals(sent));
  client.close();
});

test("a reader that stops slows the writer down instead of filling memory", async () => {
  const { client, accepted } = pair();
  const mine = await client.open({ streamtype: "stdout" });
  const chunk = Buffer.alloc(64 * 1024);
  let taken = 0;
  const pump = (async () => {
    for (; taken < 200; taken++) if (!mine.write(chunk)) await once(mine, "drain");
  })();
  for (let n = 0; n < 200; n++) await turn();
  assert.ok(taken < 30, `${taken} of 200 chunks were taken while nobody read`);
  accepted[0]!.resume();
  await pump;
  assert.equal(taken, 200);
  client.close();
});

test("what came before the end of the connection can still be read, and writers are told nothing", async () => {
  const { client, server, accepted } = pair();
  const mine = await client.open({ streamtype: "error" });
  accepted[0]!.write("last words");
  await turn();
  server.close();
  await client.closed;
  mine.write("nobody hears this");
  assert.equal(await text(mine), "last words");
});

test("a broken connection is an error for who still reads", async () => {
  const { client, left } = pair();
  const mine = await client.open({ streamtype: "stdout" });
  const read = text(mine);
  left.destroy(new Error("cable cut"));
  await assert.rejects(read, /cable cut/);
});

test("a refused stream rejects, the others go on", async () => {
  const { client } = pair((stream) => stream.headers.get("streamtype") !== "bogus");
  await assert.rejects(client.open({ streamtype: "bogus" }), /refused/);
  assert.ok(await client.open({ streamtype: "stdout" }));
  client.close();
  await assert.rejects(client.open({ streamtype: "late" }), /closed/);
});

test("destroying a stream cancels the other end and leaves the session alone", async () => {
  const { client, accepted } = pair();
  const one = await client.open({ n: "1" });
  const two = await client.open({ n: "2" });
  one.destroy();
  assert.equal(await text(accepted[0]!), "");
  two.end("still here");
  assert.equal(await text(accepted[1]!), "still here");
  client.close();
});

test("opening streams without end is refused at some point", async () => {
  const { client, accepted } = pair();
  await assert.rejects(Promise.all(Array.from({ length: 2_100 }, () => client.open({}))), /refused/);
  assert.ok(accepted.length <= 2_000);
  client.close();
});

test("a ping is answered with the same id", async () => {
  const [left, right] = duplexPair();
  const session = new SpdySession(right, { role: "server" });
  left.write(Buffer.from("8003000600000004000000ff", "hex").fill(7, 11));
  const [answer] = (await once(left, "data")) as [Buffer];
  assert.equal(answer.toString("hex"), "800300060000000400000007");
  session.destroy();
});

test("malformed input closes the session and nothing else", async () => {
  const cases: Record<string, string> = {
    "another version": "8002000100000000",
    "unknown frame type": "8003004200000000",
    "control frame too long": "8003000101ffffff",
    "data for stream 0": "0000000000000001ff",
    "syn without room for its fields": "8003000100000004000000010",
    "headers that are no zlib stream": "800300010000000d00000001000000000000ffffff",
    "headers that do not inflate": "8003000100000010000000010000000000007801ffffffff",
    "header count without headers": "80030001000000150000000100000000000078010004 00fbff00000009".replace(" ", ""),
    "a stream of our parity": "8003000100000015000000020000000000007801000400fbff00000000",
    "reset of stream 0": "80030003000000080000000000000005",
  };
  for (const [what, hex] of Object.entries(cases)) {
    const [left, right] = duplexPair();
    const session = new SpdySession(right, { role: "server", accept: () => true });
    left.resume();
    left.write(Buffer.from(hex.length % 2 ? `${hex}0` : hex, "hex"));
    await session.closed.then(() => assert.ok(right.destroyed, what));
  }
});

test("noise never throws", async () => {
  for (let round = 0; round < 300; round++) {
    const [left, right] = duplexPair();
    const session = new SpdySession(right, { role: "server", accept: (stream) => Boolean(stream.resume()) });
    left.on("error", () => {});
    left.resume();
    const noise = randomBytes(1 + (round % 97));
    if (round % 2) Buffer.from("80030001", "hex").copy(noise); // get past the version check
    left.write(noise);
    left.end();
    await session.closed;
  }
});
