import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import type { RuntimeEvent, Sandbox } from "../runtime.ts";
import { decode, encode } from "./codec.ts";
import { events } from "./events.ts";
import type { GrpcChannel } from "./grpc-channel.ts";
import type { MessageName, Written } from "./messages.ts";
import { RpcError } from "./rpc-error.ts";
import { criServices } from "./services.ts";

/** What a stream gives: messages, then the error it breaks with. */
type Script = readonly (Buffer | RpcError)[];

/** A runtime of one container: what its streams give, each time they are opened, and its states, one each time it is asked. */
function channelOf(streams: Readonly<Record<string, readonly Script[]>>, states: readonly string[] = []) {
  const opened: string[] = [];
  const asked = [...states];
  const channel: GrpcChannel = {
    async call(path, [, received]) {
      if (!path.endsWith("/ListContainers")) return decode(received, Buffer.alloc(0));
      const state = (asked.length > 1 ? asked.shift() : asked[0]) as "CONTAINER_EXITED";
      const labels = { "io.kubernetes.pod.uid": "u1" };
      const containers = [{ id: "c1", pod_sandbox_id: "s1", state, labels }];
      return decode(received, encode("ListContainersResponse", { containers }) as Buffer);
    },
    async *stream(path, [, received], _, { signal }) {
      const scripts = streams[path] ?? assert.fail(`${path} was opened`);
      const script = scripts[opened.filter((other) => other === path).length] ?? [];
      opened.push(path);
      for (const step of script) {
        if (step instanceof Error) throw step;
        yield decode(received, step);
      }
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    },
    close() {},
  };
  return { channel, opened, statesLeft: () => asked.length };
}

const subscribe = "/containerd.services.events.v1.Events/Subscribe";
const getEvents = "/runtime.v1.RuntimeService/GetContainerEvents";

const envelope = <N extends MessageName>(topic: string, message: N, value: Written<N>) =>
  encode("Envelope", { namespace: "k8s.io", topic, event: { type_url: message, value: encode(message, value) } });
const exit = envelope("/tasks/exit", "TaskExit", { container_id: "c1", id: "c1" });

const pod = {
  id: "s0",
  pod: { uid: "u0" },
  ready: true,
  containers: [{ id: "c0", state: "running" }],
} as unknown as Sandbox;

async function collect(
  channel: GrpcChannel,
  count: number,
  sandboxes: readonly Sandbox[] = [],
): Promise<RuntimeEvent[]> {
  const stop = new AbortController();
  const options = { channel, services: criServices(channel), clock: systemClock, log: silentLogger };
  const told: RuntimeEvent[] = [];
  for await (const event of events({ ...options, list: async () => sandboxes }, stop.signal)) {
    told.push(event);
    if (told.length === count) stop.abort();
  }
  return told;
}

test("an end is told when the runtime shows it, with the pod it belongs to", { timeout: 5000 }, async () => {
  const states = ["CONTAINER_RUNNING", "CONTAINER_RUNNING", "CONTAINER_EXITED"];
  const { channel, statesLeft } = channelOf({ [subscribe]: [[exit]] }, states);
  assert.deepEqual(await collect(channel, 1), [{ type: "stopped", containerId: "c1", sandboxId: "s1", podUid: "u1" }]);
  assert.equal(statesLeft(), 1);
});

test("the end of a command inside a container is no news of the container", { timeout: 5000 }, async () => {
  const command = envelope("/tasks/exit", "TaskExit", { container_id: "c1", id: "exec-1" });
  const oom = envelope("/tasks/oom", "TaskOOM", { container_id: "c1" });
  const { channel } = channelOf({ [subscribe]: [[command, oom]] }, ["CONTAINER_RUNNING"]);
  assert.deepEqual(await collect(channel, 1), [{ type: "oom", containerId: "c1", sandboxId: "s1", podUid: "u1" }]);
});

test("a removal is told of what belonged to a pod", { timeout: 5000 }, async () => {
  const gone = (id: string) => envelope("/containers/delete", "ContainerDelete", { id });
  const { channel } = channelOf({ [subscribe]: [[gone("of-nobody"), gone("c0")]] });
  const told = await collect(channel, 1, [pod]);
  assert.deepEqual(told, [{ type: "deleted", containerId: "c0", sandboxId: "s0", podUid: "u0" }]);
});

test("after a break it tells what is now, and goes on", { timeout: 5000 }, async () => {
  const broken = new RpcError("UNAVAILABLE", "gone", subscribe);
  const { channel, opened } = channelOf({ [subscribe]: [[broken], [exit]] }, ["CONTAINER_EXITED"]);
  const place = { sandboxId: "s0", podUid: "u0" };
  assert.deepEqual(await collect(channel, 3, [pod]), [
    { type: "started", containerId: "s0", ...place },
    { type: "started", containerId: "c0", ...place },
    { type: "stopped", containerId: "c1", sandboxId: "s1", podUid: "u1" },
  ]);
  assert.deepEqual(opened, [subscribe, subscribe]);
});

test("a runtime that is not containerd is asked by CRI", { timeout: 5000 }, async () => {
  const unknown = new RpcError("UNIMPLEMENTED", "unknown service", subscribe);
  const stopped = encode("ContainerEventResponse", {
    container_id: "c9",
    container_event_type: "CONTAINER_STOPPED_EVENT",
    pod_sandbox_status: { id: "s9", metadata: { uid: "u9" } },
  });
  const { channel } = channelOf({ [subscribe]: [[unknown]], [getEvents]: [[stopped]] });
  assert.deepEqual(await collect(channel, 1), [{ type: "stopped", containerId: "c9", sandboxId: "s9", podUid: "u9" }]);
});

test("whoever stops reading ends the subscription", { timeout: 5000 }, async () => {
  const { channel } = channelOf({ [subscribe]: [[exit]] }, ["CONTAINER_EXITED"]);
  let ended = false;
  const watched: GrpcChannel = {
    ...channel,
    stream: (path, method, request, options) => {
      options.signal.addEventListener("abort", () => {
        ended = true;
      });
      return channel.stream(path, method, request, options);
    },
  };
  const options = { channel: watched, services: criServices(channel), clock: systemClock, log: silentLogger };
  for await (const _ of events({ ...options, list: async () => [] }, new AbortController().signal)) break;
  await wait(10);
  assert.equal(ended, true);
});
