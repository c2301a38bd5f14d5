import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type Bus, type Delivery, deadGroup, deadTopic, NobodyJoined } from "./bus.ts";

export interface BusSubject {
  /** A bus; topics are named anew in each test, so it may have been used before. */
  open(): Promise<Bus>;
  /** Closes the bus and opens it again with what it had; missing where nothing outlives the process. */
  reopen?(bus: Bus): Promise<Bus>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = ({ body }: Delivery) => new TextDecoder().decode(body);
let topics = 0;
const newTopic = () => `topic-${process.pid}-${topics++}`;

/** Takes `count` deliveries, acknowledging each as `settle` says (default: done). */
async function take(
  bus: Bus,
  topic: string,
  { group = "g", window = 10, count = 1, settle = (delivery: Delivery) => delivery.ack() },
): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  const abort = new AbortController();
  const late = setTimeout(() => abort.abort(), 10_000);
  for await (const delivery of bus.consume(topic, { group, window, signal: abort.signal })) {
    await settle(delivery);
    taken.push(delivery);
    if (taken.length >= count) abort.abort();
  }
  clearTimeout(late);
  assert.equal(taken.length, count, "not all came");
  return taken;
}

/** What comes within a moment; nothing of it is acknowledged. */
async function peek(bus: Bus, topic: string, group = "g", window = 10): Promise<string[]> {
  const seen: string[] = [];
  for await (const delivery of bus.consume(topic, { group, window, signal: AbortSignal.timeout(300) }))
    seen.push(text(delivery));
  return seen;
}

/** The contract of a bus as tests: whoever writes an engine runs them against it. */
export function describeBus(name: string, subject: BusSubject): void {
  describe(`bus: ${name}`, () => {
    const opened: Bus[] = [];
    const open = async () => {
      const bus = await subject.open();
      opened.push(bus);
      return bus;
    };
    after(() => Promise.all(opened.map((bus) => bus.close())));
    describeDelivery(open);
    describeTrouble(open);
    const { reopen } = subject;
    if (!reopen) return;
    test("what was not done is there after closing and opening again, what was done is not", async () => {
      const bus = await open();
      const topic = newTopic();
      await bus.join(topic, "g");
      for (const message of ["a", "b", "c"]) await bus.publish(topic, bytes(message));
      await bus.publish(topic, bytes("late"), { delayMs: 400 });
      await take(bus, topic, { count: 1 });
      const again = await reopen(bus);
      opened.push(again);
      const rest = await take(again, topic, { count: 3 });
      assert.deepEqual(rest.map(text), ["b", "c", "late"]);
      assert.deepEqual(await peek(again, topic), []);
    });
  });
}

type Open = () => Promise<Bus>;

function describeDelivery(open: Open): void {
  test("messages come in order, with their bytes and ids, once", async () => {
    const bus = await open();
    const topic = newTopic();
    await bus.join(topic, "g");
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    await bus.publish(topic, all, { id: "all-bytes" });
    for (let i = 0; i < 20; i++) await bus.publish(topic, bytes(`m${i}`));
    const [first, ...rest] = await take(bus, topic, { count: 21 });
    assert.deepEqual([...first!.body], [...all]);
    assert.deepEqual([first!.id, first!.attempt], ["all-bytes", 1]);
    assert.deepEqual(
      rest.map(text),
      Array.from({ length: 20 }, (_, i) => `m${i}`),
    );
    assert.equal(new Set(rest.map(({ id }) => id)).size, 20);
    assert.deepEqual(await peek(bus, topic), []);
  });

  test("each group gets all, the consumers of a group share them", async () => {
    const bus = await open();
    const topic = newTopic();
    await Promise.all([bus.join(topic, "a"), bus.join(topic, "b")]);
    const abort = new AbortController();
    const got: Record<string, string[]> = { a1: [], a2: [], b: [] };
    const consumers = [
      ["a", "a1"],
      ["a", "a2"],
      ["b", "b"],
    ].map(async ([group, name]) => {
      for await (const delivery of bus.consume(topic, { group: group!, window: 1, signal: abort.signal })) {
        got[name!]!.push(text(delivery));
        await wait(5);
        await delivery.ack();
        if (got.a1!.length + got.a2!.length + got.b!.length === 40) abort.abort();
      }
    });
    await wait(200); // all three are there
    for (let i = 0; i < 20; i++) await bus.publish(topic, bytes(String(i)));
    await Promise.all(consumers);
    const numbers = Array.from({ length: 20 }, (_, i) => String(i));
    assert.deepEqual(got.b, numbers);
    assert.deepEqual(new Set([...got.a1!, ...got.a2!]), new Set(numbers));
    assert.ok(got.a1!.length > 0 && got.a2!.length > 0, "shared");
  });

  test("nobody has more in hand than its window", async () => {
    const bus = await open();
    const topic = newTopic();
    await bus.join(topic, "g");
    for (let i = 0; i < 5; i++) await bus.publish(topic, bytes(String(i)));
    assert.deepEqual(await peek(bus, topic, "g", 2), ["0", "1"]);
  });

  test("a delayed message does not come earlier, and holds up no other", async () => {
    const bus = await open();
    const topic = newTopic();
    await bus.join(topic, "g");
    const start = performance.now();
    await bus.publish(topic, bytes("late"), { delayMs: 500 });
    await bus.publish(topic, bytes("sooner"), { delayMs: 200 });
    await bus.publish(topic, bytes("now"));
    const came: [string, number][] = [];
    await take(bus, topic, {
      count: 3,
      async settle(delivery) {
        came.push([text(delivery), performance.now() - start]);
        await delivery.ack();
      },
    });
    assert.deepEqual(
      came.map(([message]) => message),
      ["now", "sooner", "late"],
    );
    assert.ok(came[1]![1] >= 195 && came[2]![1] >= 495, JSON.stringify(came));
  });

  test("a message that nobody would get is refused", async () => {
    const bus = await open();
    await assert.rejects(bus.publish(newTopic(), bytes("lost")), NobodyJoined);
  });

  test("a consumer waits for what comes, and its signal ends it", async () => {
    const bus = await open();
    const topic = newTopic();
    const taking = take(bus, topic, { count: 1 });
    await wait(100);
    await bus.publish(topic, bytes("came"));
    assert.deepEqual((await taking).map(text), ["came"]);
    for await (const _ of bus.consume(topic, { group: "g", window: 1, signal: AbortSignal.abort() })) assert.fail();
  });
}

function describeTrouble(open: Open): void {
  test("who leaves the loop gives back what he had in hand; another attempt is counted", async () => {
    const bus = await open();
    const topic = newTopic();
    await bus.join(topic, "g");
    for (const message of ["a", "b"]) await bus.publish(topic, bytes(message));
    const { signal } = new AbortController();
    const crash = async () => {
      for await (const _ of bus.consume(topic, { group: "g", window: 2, signal })) throw new Error("crashed");
    };
    await assert.rejects(crash(), /crashed/);
    const again = await take(bus, topic, { count: 2 });
    assert.deepEqual(again.map(text).sort(), ["a", "b"]);
    assert.equal(again.find((delivery) => text(delivery) === "a")!.attempt, 2);
  });

  test("after the signal, what is in hand may still be acknowledged", async () => {
    const bus = await open();
    const topic = newTopic();
    await bus.join(topic, "g");
    for (const message of ["a", "b"]) await bus.publish(topic, bytes(message));
    const abort = new AbortController();
    let inHand: Delivery | undefined;
    for await (const delivery of bus.consume(topic, { group: "g", window: 1, signal: abort.signal })) {
      inHand = delivery;
      abort.abort();
    }
    await inHand!.ack();
    assert.deepEqual((await take(bus, topic, { count: 1 })).map(text), ["b"]);
    assert.deepEqual(await peek(bus, topic), []);
  });

  test("retry brings a message back later, to this group alone, and counts", async () => {
    const bus = await open();
    const topic = newTopic();
    await Promise.all([bus.join(topic, "g"), bus.join(topic, "other")]);
    await bus.publish(topic, bytes("m"), { id: "same" });
    const start = performance.now();
    const attempts = await take(bus, topic, {
      count: 3,
      settle: (delivery) => (delivery.attempt < 3 ? delivery.retry(100) : delivery.ack()),
    });
    assert.deepEqual(
      attempts.map(({ attempt, id }) => [attempt, id]),
      [
        [1, "same"],
        [2, "same"],
        [3, "same"],
      ],
    );
    assert.ok(performance.now() - start >= 195);
    assert.equal((await take(bus, topic, { group: "other" }))[0]!.attempt, 1);
    assert.deepEqual(await peek(bus, topic, "other"), []);
  });

  test("what is buried is laid aside and can be had there", async () => {
    const bus = await open();
    const topic = newTopic();
    await bus.join(topic, "g");
    await bus.publish(topic, bytes("poison"), { id: "p" });
    await take(bus, topic, { settle: (delivery) => delivery.bury("no use") });
    assert.deepEqual(await peek(bus, topic), []);
    const [dead] = await take(bus, deadTopic(topic, "g"), { group: deadGroup });
    assert.deepEqual([text(dead!), dead!.id, dead!.reason], ["poison", "p", "no use"]);
  });

  test("a closed bus refuses work and ends its consumers", async () => {
    const bus = await open();
    const topic = newTopic();
    await bus.join(topic, "g");
    const ended = take(bus, topic, { count: 0 }).catch(() => {});
    await wait(50);
    await bus.close();
    await ended;
    await assert.rejects(bus.publish(topic, bytes("x")), /closed/);
  });
}
