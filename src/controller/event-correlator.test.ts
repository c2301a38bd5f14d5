import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { EventCorrelator } from "./event-correlator.ts";

const object = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default", uid: name, resourceVersion: "1", creationTimestamp: "" },
});
const about = (name: string, message: string) =>
  ({ object: object(name), type: "Warning", reason: "BackOff", message }) as const;
const minute = 60_000;

test("a repeat raises the count of the event that is there", () => {
  const correlator = new EventCorrelator();
  const first = correlator.correlate(about("a", "x"), 1000);
  const second = correlator.correlate(about("a", "x"), 5000);
  assert.match(first?.name ?? "", /^a\.[0-9a-f]+$/);
  assert.deepEqual(second, { ...first, count: 2 });
  assert.notEqual(correlator.correlate(about("a", "y"), 5000)?.name, first?.name);
});

test("many different messages for one reason become one event", () => {
  const correlator = new EventCorrelator();
  const messages = Array.from({ length: 12 }, (_, i) => correlator.correlate(about("a", `m${i}`), 1000 + i));
  assert.equal(messages[8]?.message, "m8");
  assert.equal(messages[9]?.message, "(combined from similar events): m9");
  assert.deepEqual([messages[11]?.name, messages[11]?.count], [messages[9]?.name, 3]);
  assert.equal(correlator.correlate(about("a", "later"), 20 * minute)?.message, "later");
});

test("an object that causes too many is cut off, others are not; after a while it may speak again", () => {
  const correlator = new EventCorrelator();
  const written = Array.from({ length: 30 }, () => correlator.correlate(about("a", "x"), 1000)).filter(Boolean);
  assert.equal(written.length, 25);
  assert.ok(correlator.correlate(about("b", "x"), 1000));
  assert.equal(correlator.correlate(about("a", "x"), 1000 + 4 * minute), undefined);
  assert.ok(correlator.correlate(about("a", "x"), 1000 + 6 * minute));
});
