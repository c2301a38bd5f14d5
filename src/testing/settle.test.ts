import assert from "node:assert/strict";
import { test } from "node:test";
import { Pods } from "#api/catalog.ts";
import type { ApiRequest, Transport } from "#client/transport.ts";
import { Activity } from "./settle.ts";

const request: ApiRequest = { verb: "get", resource: Pods, namespace: "default", name: "a" };
const answering = (answer: () => Promise<void>): Transport => ({
  async dispatch() {
    await answer();
    return { kind: "object", status: 200, object: {} };
  },
});
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("rest comes when the last request of a chain is answered", async () => {
  const activity = new Activity();
  const api = activity.track(answering(turn));
  let answered = 0;
  const chain = async () => {
    for (let i = 0; i < 5; i++) {
      await api.dispatch(request);
      answered++;
    }
  };
  const running = chain();
  await activity.settled();
  assert.equal(answered, 5);
  await running;
});

test("two parties that undo each other's work for ever are noticed", async () => {
  const activity = new Activity();
  const api = activity.track(answering(async () => {}));
  let over = false;
  const quarrel = async () => {
    while (!over) await api.dispatch(request);
  };
  const running = quarrel();
  await assert.rejects(activity.settled(), /does not come to rest; the last request was get pods {2}default\/a/);
  over = true;
  await running;
});
