import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { createLogger } from "#kit/log.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { resolveName } from "./dns-component.ts";
import { type DnsServer, type DnsServerOptions, startDnsServer } from "./dns-server.ts";
import { Upstream } from "./upstream.ts";
import { type Answer, decodeReply, encodeQuestion, type Question, type Reply, rcodes } from "./wire.ts";

const log = createLogger({ level: "silent", name: "test" });
const host = "127.0.0.1";
const question: Question = { type: "A", name: "web.default.svc.cluster.local" };

async function server(t: TestContext, resolve: DnsServerOptions["resolve"], rest: Partial<DnsServerOptions> = {}) {
  const started = await startDnsServer({ host, port: 0, resolve, log, ...rest });
  t.after(() => started.close());
  return started;
}

const addresses = (...list: string[]): Answer[] =>
  list.map((data) => ({ type: "A", name: question.name, ttl: 5, data }));
const found = (...list: string[]): Reply => ({ rcode: rcodes.noError, answers: addresses(...list) });
const dataOf = ({ answers = [] }: Reply) => answers.map((record) => ("data" in record ? record.data : undefined));

function askUdp({ port }: Pick<DnsServer, "port">, message: Buffer, timeoutMs = 2000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    const timer = setTimeout(() => socket.close(() => reject(new Error("no answer"))), timeoutMs);
    socket.once("message", (answer) => {
      clearTimeout(timer);
      socket.close(() => resolve(answer));
    });
    socket.send(message, port, host);
  });
}

async function ask(to: Pick<DnsServer, "port">, of: Question = question, edns = false) {
  return decodeReply(await askUdp(to, encodeQuestion(77, of, { edns })), 77, of);
}

/** Several questions on one connection; resolves with their answers in the order of coming. */
function askTcp({ port }: Pick<DnsServer, "port">, messages: readonly Buffer[]): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host });
    let got = Buffer.alloc(0);
    const answers: Buffer[] = [];
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      got = Buffer.concat([got, chunk]);
      while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
        const end = 2 + got.readUInt16BE(0);
        answers.push(got.subarray(2, end));
        got = got.subarray(end);
      }
      if (answers.length === messages.length) socket.end(() => resolve(answers));
    });
    for (const message of messages) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(length);
      socket.write(message);
    }
  });
}

test("the id and the question come back, the answer behind them", async (t) => {
  const dns = await server(t, () => found("10.96.0.5"));
  assert.deepEqual(dataOf(await ask(dns)), ["10.96.0.5"]);
  assert.deepEqual(dataOf(await ask(dns)), ["10.96.0.5"], "and again, from what is kept");
});

test("what is kept is forgotten when something has changed", async (t) => {
  let now = "10.96.0.5";
  const dns = await server(t, () => found(now));
  await ask(dns);
  now = "10.96.0.6";
  assert.deepEqual(dataOf(await ask(dns)), ["10.96.0.5"]);
  dns.forget();
  assert.deepEqual(dataOf(await ask(dns)), ["10.96.0.6"]);
});

test("several addresses take turns in being first", async (t) => {
  const dns = await server(t, () => found("10.0.0.1", "10.0.0.2"));
  const first = async () => dataOf(await ask(dns))[0];
  assert.deepEqual([await first(), await first(), await first()], ["10.0.0.1", "10.0.0.2", "10.0.0.1"]);
});

test("what does not fit a packet is truncated; EDNS0 makes room and TCP has it all", async (t) => {
  const many = Array.from({ length: 60 }, (_, i) => `10.244.0.${i}`);
  const dns = await server(t, () => found(...many));
  const plain = await askUdp(dns, encodeQuestion(1, question, { edns: false }));
  assert.ok(plain.length <= 512);
  assert.ok(decodeReply(plain, 1, question).truncated);
  const roomier = await askUdp(dns, encodeQuestion(1, question, { edns: true }));
  assert.ok(roomier.length > 512 && roomier.length <= 1232);
  const [whole] = await askTcp(dns, [encodeQuestion(2, question, { edns: false })]);
  assert.equal(dataOf(decodeReply(whole as Buffer, 2, question)).length, 60);
});

test("one connection carries several questions", async (t) => {
  const dns = await server(t, async () => found("10.96.0.5"));
  const answers = await askTcp(
    dns,
    [1, 2, 3].map((id) => encodeQuestion(id, question, { edns: false })),
  );
  assert.deepEqual(answers.map((answer) => answer.readUInt16BE(0)).toSorted(), [1, 2, 3]);
});

test("nonsense is answered as such, answers and strangers not at all", async (t) => {
  const dns = await server(t, () => found("10.96.0.5"));
  const nonsense = Buffer.alloc(14, 0xff);
  nonsense[2] = 0;
  assert.equal((await askUdp(dns, nonsense)).readUInt8(3) & 15, rcodes.formatError);
  const update = encodeQuestion(5, question, { edns: false });
  update[2] = 0x28;
  assert.equal((await askUdp(dns, update)).readUInt8(3) & 15, rcodes.notImplemented);
  const reply = encodeQuestion(5, question, { edns: false });
  reply[2] = 0x80;
  await assert.rejects(askUdp(dns, reply, 100), /no answer/);
  const closed = await server(t, () => found("10.96.0.5"), { serves: () => false });
  await assert.rejects(askUdp(closed, encodeQuestion(1, question, { edns: false }), 100), /no answer/);
});

test("names outside are asked for once, and kept for as long as their servers say", async (t) => {
  const clock = new FakeClock();
  let asked = 0;
  const outside = await server(t, async () => {
    asked++;
    return { rcode: rcodes.noError, answers: [{ type: "A", name: "example.com", ttl: 30, data: `192.0.2.${asked}` }] };
  });
  const upstream = new Upstream({ servers: () => [`${host}:${outside.port}`], clock });
  const name: Question = { type: "A", name: "example.com" };
  const both = await Promise.all([upstream.resolve(name), upstream.resolve(name)]);
  assert.deepEqual(both.map(dataOf), [["192.0.2.1"], ["192.0.2.1"]]);
  await clock.advance(10_000);
  const [record] = (await upstream.resolve(name)).answers ?? [];
  assert.equal(record && "ttl" in record ? record.ttl : undefined, 20);
  await clock.advance(20_000);
  assert.deepEqual(dataOf(await upstream.resolve(name)), ["192.0.2.2"]);
});

test("that a name does not exist is kept as its authority says", async (t) => {
  const clock = new FakeClock();
  let asked = 0;
  const soa: Answer = {
    type: "SOA",
    name: "com",
    ttl: 60,
    data: { mname: "a.com", rname: "b.com", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 10 },
  };
  const outside = await server(t, async () => {
    asked++;
    return { rcode: rcodes.noSuchName, authorities: [soa] };
  });
  const upstream = new Upstream({ servers: () => [`${host}:${outside.port}`], clock });
  const name: Question = { type: "A", name: "no.example.com" };
  await upstream.resolve(name);
  assert.equal((await upstream.resolve(name)).rcode, rcodes.noSuchName);
  assert.equal(asked, 1);
  await clock.advance(10_000);
  await upstream.resolve(name);
  assert.equal(asked, 2);
});

test("without an answer from outside the client is told of a failure, and the second server is tried", async (t) => {
  const clock = new FakeClock();
  const silent = createSocket("udp4");
  await new Promise<void>((resolve) => silent.bind(0, host, resolve));
  t.after(() => void silent.close());
  const dead = `${host}:${silent.address().port}`;
  const alive = await server(t, async () => found("192.0.2.1"));
  const one = new Upstream({ servers: () => [dead], clock, timeoutMs: 40 });
  assert.equal((await one.resolve(question)).rcode, rcodes.serverFailure);
  const two = new Upstream({ servers: () => [dead, `${host}:${alive.port}`], clock, timeoutMs: 40 });
  assert.deepEqual(dataOf(await two.resolve(question)), ["192.0.2.1"]);
  const none = new Upstream({ servers: () => [], clock });
  assert.equal((await none.resolve(question)).rcode, rcodes.serverFailure);
});

test("a truncated answer from outside is fetched over TCP", async (t) => {
  const many = Array.from({ length: 200 }, (_, i) => `10.244.0.${i}`);
  const outside = await server(t, async () => found(...many));
  const upstream = new Upstream({ servers: () => [`${host}:${outside.port}`], clock: new FakeClock() });
  assert.equal(dataOf(await upstream.resolve(question)).length, 200);
});

test("before the cluster's objects are there, nobody says that a name does not exist", async () => {
  const zone = {
    domain: "cluster.local",
    serial: 1,
    service: () => undefined,
    hasNamespace: () => false,
    slices: () => [],
    servicesAt: () => [],
    slicesAt: () => [],
    host: () => undefined,
  };
  const upstream = { resolve: async () => found() };
  assert.equal((await resolveName(question, { zone, upstream, known: () => false })).rcode, rcodes.serverFailure);
  assert.equal((await resolveName(question, { zone, upstream, known: () => true })).rcode, rcodes.noSuchName);
});
