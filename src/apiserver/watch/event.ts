import type { KubeObject } from "#api/meta/object-meta.ts";
import type { WatchEvent } from "#api/meta/watch.ts";

export type ObjectEvent = Extract<WatchEvent, { type: "ADDED" | "MODIFIED" | "DELETED" }>;
export type Bookmark = Extract<WatchEvent, { type: "BOOKMARK" }>;

/**
 * One change as the ring holds it. A watcher with a selector may have to be told something else: that an object came into
 * its sight or left it. Each form is one object however many watchers get it, so that frames can be cached on it.
 */
export class FeedEvent {
  readonly event: ObjectEvent;
  #entered: ObjectEvent | undefined;
  #left: ObjectEvent | undefined;
  readonly #lastSight: (previous: KubeObject, revision: number) => KubeObject;

  /** `lastSight` gives an object the revision of the change that took it out of sight. */
  constructor(event: ObjectEvent, lastSight: (previous: KubeObject, revision: number) => KubeObject) {
    this.event = event;
    this.#lastSight = lastSight;
  }

  get revision(): number {
    return this.event.revision;
  }

  /** The event for who did not see the object before. */
  get entered(): ObjectEvent {
    const { object, revision, type } = this.event;
    if (type === "ADDED") return this.event;
    this.#entered ??= Object.freeze({ type: "ADDED", object, revision });
    return this.#entered;
  }

  /** The event for who does not see the object any more: it shows what was seen last. */
  get left(): ObjectEvent {
    const { previous, revision, type, object } = this.event;
    if (type === "DELETED") return this.event;
    const last = this.#lastSight(previous ?? object, revision);
    this.#left ??= Object.freeze({ type: "DELETED", object: last, ...(previous && { previous }), revision });
    return this.#left;
  }
}

/** Events for a batch of changes, reduced to what a watcher may see. */
export function select(
  events: readonly FeedEvent[],
  sees: ((object: KubeObject) => boolean) | undefined,
): ObjectEvent[] {
  if (!sees) return events.map(({ event }) => event);
  const selected: ObjectEvent[] = [];
  for (const each of events) {
    const found = selectOne(each, sees);
    if (found) selected.push(found);
  }
  return selected;
}

function selectOne(each: FeedEvent, sees: (object: KubeObject) => boolean): ObjectEvent | undefined {
  const { type, object, previous } = each.event;
  const before = type !== "ADDED" && sees(previous ?? object);
  const after = type !== "DELETED" && sees(object);
  if (before && after) return each.event;
  if (after) return each.entered;
  return before ? each.left : undefined;
}
