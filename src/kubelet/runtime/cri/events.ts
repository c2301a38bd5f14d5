import { backoffDelay } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { pause, sleep } from "#kit/sleep.ts";
import { EventHub } from "../event-hub.ts";
import type { RuntimeEvent, Sandbox } from "../runtime.ts";
import { runtimeEvents } from "./event-source.ts";
import type { GrpcChannel } from "./grpc-channel.ts";
import { type Found, Places } from "./places.ts";
import { isUnavailable } from "./rpc-error.ts";
import type { CriServices } from "./services.ts";

export interface EventOptions {
  readonly channel: GrpcChannel;
  readonly services: CriServices;
  readonly list: () => Promise<readonly Sandbox[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** CRI learns of a start or an end at the same moment as we do, and takes some milliseconds to note it. */
const settleDelaysMs = [0, 4, 8, 16, 16, 32, 32, 64, 128, 256, 512];
const reconnect = { initialMs: 50, maxMs: 2000 };

/**
 * What changes, for as long as the signal lasts: over breaks of the connection too. After a break it tells what each
 * container is now, since nobody knows what was missed. An end is told when CRI shows it. What belongs to no pod is not told.
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
  const places = new Places(options.services);
  let connections = 0;
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      for await (const event of connection(options, places, hub, connections++ > 0, signal)) {
        failures = 0;
        void tell(options, places, hub, event, signal);
      }
    } catch (error) {
      if (!isUnavailable(error) && !signal.aborted) log.warn({ err: error }, "the runtime's events broke off");
    }
    await pause(backoffDelay(failures, reconnect), clock, signal);
  }
}

/** Subscribes, and only then asks what is there, so that nothing falls between the two. */
async function* connection(
  { channel, list }: EventOptions,
  places: Places,
  hub: EventHub<RuntimeEvent>,
  afterBreak: boolean,
  signal: AbortSignal,
): AsyncGenerator<RuntimeEvent> {
  const end = new AbortController();
  const stream = runtimeEvents(channel, AbortSignal.any([signal, end.signal]));
  try {
    let next = stream.next();
    next.catch(() => {}); // observed below, unless the list fails first
    const sandboxes = await list();
    places.learn(sandboxes);
    if (afterBreak) tellAll(sandboxes, hub);
    for (let result = await next; !result.done; result = await next) {
      yield result.value;
      next = stream.next();
    }
  } finally {
    end.abort();
  }
}

function tellAll(sandboxes: readonly Sandbox[], hub: EventHub<RuntimeEvent>): void {
  for (const sandbox of sandboxes) {
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
  places: Places,
  hub: EventHub<RuntimeEvent>,
  event: RuntimeEvent,
  signal: AbortSignal,
): Promise<void> {
  const id = event.containerId;
  if (event.sandboxId) return hub.publish(event);
  let place = places.remembered(id);
  if (event.type === "deleted") places.forget(id);
  else {
    try {
      place = (await settled(options, places, event, signal))?.place ?? place;
    } catch (error) {
      if (signal.aborted) return;
      options.log.debug({ err: error }, "the runtime does not say what an event is about");
    }
  }
  if (place) hub.publish({ ...event, ...place });
}

/** What CRI says once it has noted what the event tells, or at last. */
async function settled(
  { clock }: EventOptions,
  places: Places,
  event: RuntimeEvent,
  signal: AbortSignal,
): Promise<Found | undefined> {
  let found: Found | undefined;
  for (const delayMs of settleDelaysMs) {
    if (delayMs > 0) await sleep(delayMs, clock, signal);
    found = await places.find(event.containerId);
    if (found && !(event.type === "stopped" && found.running)) break;
  }
  return found;
}
