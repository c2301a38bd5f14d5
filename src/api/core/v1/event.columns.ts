import { nameColumn } from "#api/meta/columns.ts";
import { ago } from "#api/meta/human-duration.ts";
import type { Column } from "#api/resource.ts";
import type { Event } from "./event.ts";

const firstSeen = (event: Event, now: number) => ago(event.firstTimestamp ?? event.eventTime, now);

function lastSeen(event: Event, now: number): string {
  if (event.series) return ago(event.series.lastObservedTime, now);
  return event.lastTimestamp ? ago(event.lastTimestamp, now) : firstSeen(event, now);
}

/** An event of the newer API that happened once has no count. */
const count = (event: Event) => (event.series ? (event.series.count ?? 0) : event.count || 1);

export const eventColumns: readonly Column<Event>[] = [
  { name: "Last Seen", type: "string", description: "Time since it happened last.", value: lastSeen },
  { name: "Type", type: "string", description: "Normal or Warning.", value: (e) => e.type ?? "" },
  { name: "Reason", type: "string", description: "Why, in one word.", value: (e) => e.reason ?? "" },
  { name: "Object", type: "string", description: "The object that the event is about.", value: target },
  {
    name: "Subobject",
    type: "string",
    priority: 1,
    description: "The part of the object that the event is about.",
    value: (e) => e.involvedObject.fieldPath ?? "",
  },
  { name: "Source", type: "string", priority: 1, description: "The component that reports the event.", value: source },
  { name: "Message", type: "string", description: "What happened.", value: (e) => (e.message ?? "").trim() },
  { name: "First Seen", type: "string", priority: 1, description: "Time since it happened first.", value: firstSeen },
  { name: "Count", type: "string", priority: 1, description: "How often it happened.", value: count },
  { ...nameColumn, priority: 1 },
];

function target({ involvedObject: { kind = "", name } }: Event): string {
  return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase();
}

function source(event: Event): string {
  const component = event.source?.component || event.reportingComponent || "";
  const instance = event.source?.host || event.reportingInstance || "";
  return instance ? `${component}, ${instance}` : component;
}
