import type { StructNode } from "#schema/nodes.ts";
import type { Problem } from "#schema/problem.ts";
import type { Scale } from "./autoscaling/v1/scale.ts";
import type { KubeObject } from "./meta/object-meta.ts";

/** A column of the server's tables, as `kubectl get` prints them. Priority 0 is always shown, above it with `-o wide`. */
export interface Column<O> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  value(object: O, now: number): string | number | boolean | null | undefined;
}

/** Declared through a method so that a Resource<Pod> is a Resource<KubeObject>, as callers treat it. */
type FieldReader<O> = { read(object: O): string }["read"];

/** Methods, for the same reason as in FieldReader. */
export interface Scaling<O> {
  read(object: O): Scale;
  /** A copy of the object with the number of pods that the scale asks for. */
  write(object: O, scale: Pick<Scale, "spec">): O;
}

/** How a version that is not stored is turned into the one that is, and back. Methods, for the same reason as in FieldReader. */
export interface StoredAs<O> {
  readonly resource: Resource;
  toHub(object: O): KubeObject;
  fromHub(stored: KubeObject): O;
}

export interface Rules<O> {
  /** Sets what the server owns before a new object is validated (status at its start, fields nobody may set). Changes `draft` in place. */
  create?(draft: O): void;
  /**
   * The same for an update of the object itself (not of a subresource): what must not change silently is taken over
   * from `old`. The status is not its business: who writes the object never writes the status. Changes `draft` in place.
   */
  update?(draft: O, old: O): void;
  /** What the fields alone cannot tell; `old` is there on an update. Never asked about a binding, which changes what nobody else may. */
  check?(next: O, old?: O): readonly Problem[];
}

export type Subresource =
  | "status"
  | "scale"
  | "binding"
  | "eviction"
  | "token"
  | "finalize"
  | "log"
  | "exec"
  | "attach"
  | "portforward"
  | "proxy";

/** The definition of a kind: everything the server, the clients and the command line know about it is read off this value. */
export interface Resource<O extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly schema: StructNode;
  readonly subresources: readonly Subresource[];
  /** All of them in their order, the name (format `name`) among them; none means name and age. */
  readonly columns: readonly Column<O>[];
  /** Field selectors besides metadata.name and metadata.namespace: label of the field → its value in an object. */
  readonly selectableFields: Readonly<Record<string, FieldReader<O>>>;
  readonly rules: Rules<O>;
  /** Where objects lie in the store, independent of group and version: `registry/<storageName>/<namespace>/<name>`. */
  readonly storageName: string;
  /** How names of this kind are checked. */
  readonly nameRule: "dnsSubdomain" | "dnsLabel" | "dns1035Label" | "pathSegment";
  /** The fields that belong to the wanted state: a change to them bumps the generation. Empty for kinds without one. */
  readonly specFields: readonly string[];
  /** How the subresource `scale` reads and writes the number of pods. */
  readonly scale?: Scaling<O>;
  /** The version in which objects of this kind are stored, when it is another one. */
  readonly storedAs?: StoredAs<O>;
  /** Seconds after which the object is removed by itself. */
  readonly ttlSeconds?: number;
  /** Since when nobody should use it any more, and what instead; every answer warns of it. */
  readonly deprecated?: { readonly since: string; readonly use: string };
  /** Carries the type only; never set. */
  readonly _object?: O;
}

export type ObjectOf<R> = R extends Resource<infer O> ? O : never;

type Optional<O extends KubeObject> = Partial<
  Pick<
    Resource<O>,
    | "singular"
    | "shortNames"
    | "categories"
    | "subresources"
    | "columns"
    | "selectableFields"
    | "rules"
    | "storageName"
    | "nameRule"
    | "specFields"
    | "ttlSeconds"
    | "deprecated"
    | "scale"
    | "storedAs"
  >
>;
type Mandatory = Pick<Resource, "group" | "version" | "kind" | "plural" | "scope" | "schema">;

export function defineResource<O extends KubeObject>(definition: Mandatory & Optional<O>): Resource<O> {
  return {
    singular: definition.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    subresources: [],
    columns: [],
    selectableFields: {},
    rules: {},
    storageName: definition.plural,
    nameRule: "dnsSubdomain",
    specFields: "spec" in definition.schema.fields ? ["spec"] : [],
    ...definition,
  };
}

/** `v1`, `apps/v1`: as in the field apiVersion. */
export function apiVersionOf({ group, version }: Pick<Resource, "group" | "version">): string {
  return group ? `${group}/${version}` : version;
}

/** `pods`, `deployments.apps`: how messages and RBAC name a resource. */
export function qualifiedName({ group, plural }: Pick<Resource, "group" | "plural">): string {
  return group ? `${plural}.${group}` : plural;
}
