import { backoffDelay } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { sleep } from "#kit/sleep.ts";
import { EventHub } from "../event-hub.ts";
import type { RuntimeEvent, Sandbox } from "../runtime.ts";
import { runtimeEvents } from "./event-source.ts";
import type { GrpcChannel } from "./grpc-channel.ts";
import { podUidLabel } from "./labels.ts";
import { isUnavailable } from "./rpc-error.ts";
import type { CriServices } from "./services.ts";

export interface EventOptions {
  readonly channel: GrpcChannel;
  readonly services: CriServices;
  readonly list: () => Promise<readonly Sandbox[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Place {
  readonly sandboxId: string;
  readonly podUid: string | undefined;
  readonly running: boolean;
}

/** CRI learns of an end at the same moment as we do, and takes some milliseconds to note it. */
const settleDelaysMs = [0, 4, 8, 16, 16, 32, 32, 64, 128, 256, 512];
const reconnect = { initialMs: 50, maxMs: 2000 };

/**
 * What changes, for as long as the signal lasts: over breaks of the connection too. After a break it tells what each
 * container is now, since nobody knows what was missed. An end is told when CRI shows it.
 */
export async function* events(options: EventOptions, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  const done = new AbortController(); // the reader may leave before the signal comes
  const either = AbortSignal.any([signal, done.signal]);
  const hub = new EventHub<RuntimeEvent>();
  const following = followAll(options, hub, either);
  try {
    yield* hub.read(either);
  } finally {
    done.abort();
    await following;
  }
}

async function followAll(options: EventOptions, hub: EventHub<RuntimeEvent>, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  for (let failures = 0; !signal.aborted; ) {
    try {
      if (failures > 0) await tellAll(options, hub);
      for await (const event of runtimeEvents(options.channel, signal)) {
        failures = 0;
        void tell(options, hub, event, signal);
      }
      failures++;
    } catch (error) {
      failures++;
      if (!isUnavailable(error)) log.warn({ err: error }, "the runtime's events broke off");
    }
    await sleep(backoffDelay(failures - 1, reconnect), clock, signal).catch(() => {}); // aborted: the loop ends
  }
}

async function tellAll({ list }: EventOptions, hub: EventHub<RuntimeEvent>): Promise<void> {
  for (const sandbox of await list()) {
    const place = { sandboxId: sandbox.id, podUid: sandbox.pod.uid };
    hub.publish({ type: sandbox.ready ? "started" : "stopped", containerId: sandbox.id, ...place });
    for (const { id, state } of sandbox.containers) {
      const type = state === "running" ? "started" : state === "created" ? "created" : "stopped";
      hub.publish({ type, containerId: id, ...place });
    }
  }
}

async function tell(
  options: EventOptions,
  hub: EventHub<RuntimeEvent>,
  event: RuntimeEvent,
  signal: AbortSignal,
): Promise<void> {
  if (event.type === "deleted" || event.sandboxId) {
    hub.publish(event);
    return;
  }
  let place: Place | undefined;
  try {
    for (const delayMs of event.type === "stopped" ? settleDelaysMs : [0]) {
      if (delayMs > 0) await sleep(delayMs, options.clock, signal);
      place = await placeOf(options.services, event.containerId);
      if (!place?.running) break;
    }
  } catch (error) {
    if (signal.aborted) return;
    options.log.debug({ err: error }, "an event could not be completed"); // it is a hint all the same
  }
  const uid = place?.podUid;
  hub.publish({ ...event, ...(place && { sandboxId: place.sandboxId }), ...(uid !== undefined && { podUid: uid }) });
}

async function placeOf(services: CriServices, id: string): Promise<Place | undefined> {
  const [{ containers }, { items }] = await Promise.all([
    services.runtime("ListContainers", { filter: { id } }),
    services.runtime("ListPodSandbox", { filter: { id } }),
  ]);
  const [container] = containers;
  if (container) {
    const running = container.state === "CONTAINER_RUNNING";
    return { sandboxId: container.pod_sandbox_id, podUid: container.labels[podUidLabel], running };
  }
  const [sandbox] = items;
  return (
    sandbox && {
      sandboxId: sandbox.id,
      podUid: sandbox.labels[podUidLabel],
      running: sandbox.state === "SANDBOX_READY",
    }
  );
}
