import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missing, type RunningEngine, startRabbit } from "../../test/support/engines.ts";
import { openAmqpBus } from "./amqp-bus.ts";
import { describeBus } from "./bus.conformance.ts";
import { BusUnavailable } from "./bus.ts";

describe("RabbitMQ", { skip: missing("rabbitmq-server") }, () => {
  let rabbit: RunningEngine;
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit[Symbol.asyncDispose]());

  describeBus("amqp", {
    open: () => openAmqpBus(rabbit.url),
    async reopen(bus) {
      await bus.close();
      return openAmqpBus(rabbit.url);
    },
  });

  test("killed and started again under load: every acknowledged message comes, consumers go on by themselves", async () => {
    const bus = await openAmqpBus(rabbit.url, { patienceMs: 60_000 });
    await bus.join("storm", "g");
    const published = new Set<string>();
    const done = new Set<string>();
    const abort = new AbortController();
    const consumer = (async () => {
      for await (const delivery of bus.consume("storm", { group: "g", window: 20, signal: abort.signal })) {
        // an acknowledgement that failed brings the message again
        await delivery.ack().then(
          () => done.add(delivery.id),
          (error: unknown) => assert.ok(error instanceof BusUnavailable),
        );
      }
    })();
    let ends = false;
    const publishers = Array.from({ length: 5 }, async (_, publisher) => {
      for (let i = 0; !ends; i++) {
        const id = `${publisher}-${i}`;
        await bus.publish("storm", Buffer.from(id), { id, delayMs: i % 4 === 0 ? 100 : 0 });
        published.add(id);
      }
    });
    await until(() => published.size > 200);
    await rabbit.engine.kill();
    const atKill = published.size;
    await rabbit.engine.start();
    await until(() => published.size > atKill + 200);
    ends = true;
    await Promise.all(publishers);
    await until(() => published.isSubsetOf(done));
    abort.abort();
    await consumer;
    await bus.close();
  });

  test("while the broker is away, publishing is refused in bounded time with one sentence", async () => {
    const bus = await openAmqpBus(rabbit.url, { patienceMs: 1_000 });
    await bus.join("away", "g");
    await rabbit.engine.kill();
    const start = performance.now();
    await assert.rejects(bus.publish("away", Buffer.from("x")), (error: Error) => {
      assert.ok(error instanceof BusUnavailable, String(error));
      assert.match(error.message, /^amqp:\/\/127\.0\.0\.1:\d+ does not answer: /);
      return true;
    });
    assert.ok(performance.now() - start < 5_000);
    await assert.rejects(openAmqpBus(rabbit.url), BusUnavailable);
    await rabbit.engine.start();
    await bus.publish("away", Buffer.from("back"));
    await bus.close();
  });
});

async function until(test: () => boolean, limitMs = 60_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!test()) {
    if (performance.now() > end) throw new Error(`still not: ${test}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}
