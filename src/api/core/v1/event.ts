import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, int, microTime, ref, string, struct, time } from "#schema/nodes.ts";
import { eventColumns } from "./event.columns.ts";
import { eventRules } from "./event.rules.ts";
import { ObjectReference } from "./object-reference.ts";

export const EventSource = struct("io.k8s.api.core.v1.EventSource", {
  component: string({ tag: 1 }),
  host: string({ tag: 2 }),
});

export interface EventSource extends Infer<typeof EventSource> {}

export const EventSeries = struct("io.k8s.api.core.v1.EventSeries", {
  count: int({ tag: 1, omitZero: true }),
  lastObservedTime: microTime({ tag: 2 }),
});

export interface EventSeries extends Infer<typeof EventSeries> {}

export const Event = kubeObject(
  "io.k8s.api.core.v1.Event",
  {
    involvedObject: ref(ObjectReference, {
      tag: 2,
      description: "The object that it happened to.",
      required: true,
      keepEmpty: true,
    }),
    reason: string({ tag: 3, description: "Why, in one word for programs." }),
    message: string({ tag: 4, description: "What happened, for people." }),
    source: ref(EventSource, { tag: 5, description: "Who reports it." }),
    firstTimestamp: time({ tag: 6, description: "When it happened first." }),
    lastTimestamp: time({ tag: 7, description: "When it happened last." }),
    count: int({ tag: 8, omitZero: true, description: "How often it happened." }),
    type: string({ tag: 9, description: "Normal or Warning." }),
    eventTime: microTime({ tag: 10, description: "When it happened first, exactly." }),
    series: ref(EventSeries, { tag: 11, description: "The repetitions, in the newer form." }),
    action: string({ tag: 12, description: "What was done." }),
    related: ref(ObjectReference, { tag: 13, description: "A second object that it is about." }),
    reportingComponent: string({ tag: 14, description: "The controller that reports it." }),
    reportingInstance: string({ tag: 15, description: "Which of its instances." }),
  },
  {
    description: "Something that happened to an object. Kept for an hour.",
    derive: (event) => {
      event.source ??= {};
      event.reportingComponent ??= "";
      event.reportingInstance ??= "";
    },
  },
);

export interface Event extends Infer<typeof Event>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Events = defineResource<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  scope: "Namespaced",
  schema: Event,
  shortNames: ["ev"],
  ttlSeconds: 3600,
  columns: eventColumns,
  selectableFields: {
    "involvedObject.kind": (e) => e.involvedObject.kind ?? "",
    "involvedObject.namespace": (e) => e.involvedObject.namespace ?? "",
    "involvedObject.name": (e) => e.involvedObject.name ?? "",
    "involvedObject.uid": (e) => e.involvedObject.uid ?? "",
    "involvedObject.apiVersion": (e) => e.involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": (e) => e.involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": (e) => e.involvedObject.fieldPath ?? "",
    reason: (e) => e.reason ?? "",
    reportingComponent: (e) => e.reportingComponent ?? "",
    source: (e) => e.source?.component || e.reportingComponent || "",
    type: (e) => e.type ?? "",
  },
  rules: eventRules,
});
