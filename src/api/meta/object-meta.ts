import {
  any,
  bool,
  enumOf,
  type Fields,
  type Infer,
  list,
  long,
  map,
  ref,
  type StructOptions,
  string,
  struct,
  time,
} from "#schema/nodes.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

export const OwnerReference = struct(
  `${meta}.OwnerReference`,
  {
    apiVersion: string({ tag: 5, required: true, keepEmpty: true }),
    kind: string({ tag: 1, required: true, keepEmpty: true }),
    name: string({ tag: 3, required: true, keepEmpty: true }),
    uid: string({ tag: 4, required: true, keepEmpty: true }),
    controller: bool({ tag: 6, description: "The reference points to the managing controller." }),
    blockOwnerDeletion: bool({
      tag: 7,
      description: "The owner cannot be removed in the foreground before this reference is.",
    }),
  },
  { atomic: true, description: "An object that owns this one; when all owners are gone, so is this." },
);
export interface OwnerReference extends Infer<typeof OwnerReference> {}

export const ManagedFieldsEntry = struct(`${meta}.ManagedFieldsEntry`, {
  manager: string({ tag: 1 }),
  operation: enumOf(["Apply", "Update"], { tag: 2 }),
  apiVersion: string({ tag: 3 }),
  time: time({ tag: 4 }),
  fieldsType: string({ tag: 6 }),
  fieldsV1: any({ tag: 7 }),
  subresource: string({ tag: 8 }),
});
export interface ManagedFieldsEntry extends Infer<typeof ManagedFieldsEntry> {}

export const ObjectMeta = struct(`${meta}.ObjectMeta`, {
  name: string({ tag: 1, description: "Unique within the namespace, for objects of one kind." }),
  generateName: string({
    tag: 2,
    description: "A prefix to which the server adds a unique suffix when no name is given.",
  }),
  namespace: string({ tag: 3, description: "The room that the name is unique in." }),
  selfLink: string({ tag: 4 }),
  uid: string({ tag: 5, description: "Unique over all objects and all time; set by the server." }),
  resourceVersion: string({ tag: 6, description: "Changes with every write; for optimistic concurrency and watches." }),
  generation: long({ tag: 7, omitZero: true, description: "Counts the changes of the wanted state." }),
  creationTimestamp: time({ tag: 8, description: "When the server made the object." }),
  deletionTimestamp: time({
    tag: 9,
    description: "When the object will go; set by the server on a graceful deletion.",
  }),
  deletionGracePeriodSeconds: long({
    tag: 10,
    description: "Seconds between the wish to delete and deletionTimestamp.",
  }),
  labels: map(string(), { tag: 11, description: "Short texts by key, by which objects are chosen." }),
  annotations: map(string(), { tag: 12, description: "Texts by key that nobody chooses by." }),
  ownerReferences: list(OwnerReference, {
    tag: 13,
    description: "Objects that this one belongs to.",
    patch: "merge",
    mergeKey: "uid",
    listType: "map",
    keys: ["uid"],
  }),
  finalizers: list(string(), {
    tag: 14,
    patch: "merge",
    listType: "set",
    description: "Must be empty before the object is removed; each entry names who still has work to do.",
  }),
  managedFields: list(ManagedFieldsEntry, { tag: 17, description: "Who set which field." }),
});

/** As read from the server, which fills in name, uid, resourceVersion and creationTimestamp of every object. */
export interface ObjectMeta extends Infer<typeof ObjectMeta> {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
}

/** What every object has. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** An object as a client may send it: whatever the server fills in can be left out, at any depth. */
export type Draft<T> = T extends readonly (infer E)[]
  ? Draft<E>[]
  : T extends object
    ? { [K in keyof T]?: Draft<T[K]> }
    : T;

/** The definition of a kind's object: its own fields and the three that every object has. */
export const kubeObject = <const F extends Fields>(name: string, fields: F, options: StructOptions = {}) =>
  struct(
    name,
    {
      apiVersion: string({ description: "Group and version of this representation." }),
      kind: string({ description: "The kind of the object, in CamelCase." }),
      metadata: ref(ObjectMeta, {
        tag: 1,
        default: {},
        description: "Name, labels and whatever else is said about the object.",
      }),
      ...fields,
    },
    options,
  );
