import { Events } from "#api/core/v1/event.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { type Correlated, EventCorrelator, type Occurrence } from "./event-correlator.ts";

/** Tells people what happened to an object. Never waits and never fails: an Event that cannot be written is logged. */
export interface EventRecorder {
  event(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string, part?: EventPart): void;
  /** Resolves when all that was recorded so far is written or given up. */
  flush(): Promise<void>;
}

/** What of the object it happened to. */
export interface EventPart {
  /** As `spec.containers{web}`. */
  readonly fieldPath: string;
}

export interface EventRecorderOptions {
  readonly client: Pick<Client, "create" | "patch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Who reports: `replicaset-controller`, `kubelet`. */
  readonly component: string;
  /** The node it reports from. */
  readonly host?: string;
}

/** So many may wait to be written; more are dropped, as writing them would only make a bad situation worse. */
const maxWaiting = 1000;

export function eventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, log } = options;
  const correlator = new EventCorrelator();
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  return {
    event(object, type, reason, message, part) {
      if (waiting >= maxWaiting) {
        log.warn({ reason, object: object.metadata.name }, "too many events waiting: dropped");
        return;
      }
      const now = clock.now();
      const occurrence: Occurrence = { object, type, reason, message, ...part };
      const correlated = correlator.correlate(occurrence, now);
      if (!correlated) return;
      waiting++;
      last = last
        .then(() => write(options, occurrence, correlated, now))
        .catch((error: unknown) => log.debug({ reason, object: object.metadata.name, err: error }, "event not written"))
        .finally(() => waiting--);
    },
    flush: () => last,
  };
}

async function write(
  options: EventRecorderOptions,
  occurrence: Occurrence,
  correlated: Correlated,
  now: number,
): Promise<void> {
  const { client } = options;
  const { count, message, name } = correlated;
  const namespace = occurrence.object.metadata.namespace ?? "default";
  if (count > 1) {
    const body = { count, message, lastTimestamp: timestamp(now) };
    try {
      await client.patch(Events, { namespace, name }, { type: "strategic", body });
      return;
    } catch (error) {
      if (!isNotFound(error)) throw error; // it has expired: begin a new one under the same name
    }
  }
  await client.create(Events, { ...eventFor(options, occurrence, correlated, now), metadata: { name, namespace } });
}

function eventFor(
  { component, host }: EventRecorderOptions,
  { object, type, reason, fieldPath }: Occurrence,
  { message, count, firstTime }: Correlated,
  now: number,
) {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    involvedObject: {
      kind: object.kind,
      ...(namespace && { namespace }),
      name,
      uid,
      apiVersion: object.apiVersion,
      resourceVersion,
      ...(fieldPath && { fieldPath }),
    },
    reason,
    message,
    source: { component, ...(host && { host }) },
    firstTimestamp: timestamp(firstTime),
    lastTimestamp: timestamp(now),
    count,
    type,
    reportingComponent: component,
    ...(host && { reportingInstance: host }),
  };
}
