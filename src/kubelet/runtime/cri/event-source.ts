import type { RuntimeEvent } from "../runtime.ts";
import { decode } from "./codec.ts";
import type { GrpcChannel } from "./grpc-channel.ts";
import type { Read } from "./messages.ts";
import { isUnimplemented } from "./rpc-error.ts";

/** containerd keeps what CRI made in this namespace. */
const namespace = "k8s.io";

/** Not `/containers/create`: CRI does not know a container then, and whoever made it hears of it anyway. */
const topics = ["/tasks/start", "/tasks/exit", "/tasks/oom", "/containers/delete"];

/** What the runtime tells of its containers: containerd's own events, or CRI's where there is no containerd behind it. */
export async function* runtimeEvents(channel: GrpcChannel, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  try {
    yield* containerdEvents(channel, signal);
  } catch (error) {
    if (!isUnimplemented(error)) throw error;
    yield* criEvents(channel, signal);
  }
}

async function* containerdEvents(channel: GrpcChannel, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  const filters = topics.map((topic) => `namespace==${namespace},topic=="${topic}"`);
  const envelopes = channel.stream(
    "/containerd.services.events.v1.Events/Subscribe",
    ["SubscribeRequest", "Envelope"] as const,
    { filters },
    { signal, headers: { "containerd-namespace": namespace } },
  );
  for await (const envelope of envelopes) {
    const event = eventOf(envelope);
    if (event) yield event;
  }
}

/** `undefined` for what is no news of a container, as the end of a command that was run inside one. */
export function eventOf({ topic, event }: Read<"Envelope">): RuntimeEvent | undefined {
  if (!event) return undefined;
  switch (topic) {
    case "/tasks/start":
      return { type: "started", containerId: decode("TaskStart", event.value).container_id };
    case "/tasks/exit": {
      const { container_id: containerId, id } = decode("TaskExit", event.value);
      return id === containerId ? { type: "stopped", containerId } : undefined;
    }
    case "/tasks/oom":
      return { type: "oom", containerId: decode("TaskOOM", event.value).container_id };
    case "/containers/delete":
      return { type: "deleted", containerId: decode("ContainerDelete", event.value).id };
    default:
      return undefined;
  }
}

const types = {
  CONTAINER_CREATED_EVENT: "created",
  CONTAINER_STARTED_EVENT: "started",
  CONTAINER_STOPPED_EVENT: "stopped",
  CONTAINER_DELETED_EVENT: "deleted",
} as const;

async function* criEvents(channel: GrpcChannel, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  const path = "/runtime.v1.RuntimeService/GetContainerEvents";
  const method = ["Empty", "ContainerEventResponse"] as const;
  for await (const event of channel.stream(path, method, {}, { signal })) {
    const sandbox = event.pod_sandbox_status;
    yield {
      type: types[event.container_event_type],
      containerId: event.container_id,
      ...(sandbox && { sandboxId: sandbox.id, ...(sandbox.metadata && { podUid: sandbox.metadata.uid }) }),
    };
  }
}
