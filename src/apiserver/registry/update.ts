import { invalid } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { qualifiedName } from "#api/resource.ts";
import type { Key } from "#client/client.ts";
import { invalid as invalidValue } from "#schema/problem.ts";
import { type InputKind, type InputOptions, readInput } from "./input.ts";
import { checkName, fieldOf, settleNamespace } from "./metadata.ts";
import { change, checkPreconditions, type Desk, type Part, type Writing } from "./write.ts";

export interface Update {
  readonly key: Key;
  readonly part: Part;
  readonly object: unknown;
  readonly writing: Writing;
}

/** Replaces an object, or its part, with what the client sent. Throws ApiError. */
export async function update(desk: Desk, { key, part, object, writing }: Update): Promise<KubeObject> {
  const { resource } = desk.store;
  const read = () => readObject(resource, object, writing);
  let given: KubeObject | undefined = read(); // what is wrong with it is told even when there is no such object
  return change(desk, {
    key,
    part,
    writing,
    edit(old) {
      const draft = given ?? read();
      given = undefined; // the attempt changes it
      settleNamespace(resource, draft.metadata, key.namespace);
      checkName(draft.metadata, key.name);
      if (!draft.metadata.resourceVersion) requireVersion(desk, draft);
      return merged(desk, { part, draft, old });
    },
  });
}

export function readObject(
  kind: InputKind,
  object: unknown,
  writing: Writing,
  refuse?: InputOptions["refuse"],
): KubeObject {
  const { options, duplicateFields, warnings } = writing;
  const { fieldValidation } = options;
  return readInput(kind, object, { fieldValidation, duplicateFields, warnings, ...(refuse && { refuse }) });
}

/** Kinds that a client may only replace when it says which version it has seen. */
const conditionalOnly = new Set(["leases.coordination.k8s.io"]);

function requireVersion({ store: { resource } }: Desk, draft: KubeObject): void {
  if (!conditionalOnly.has(qualifiedName(resource))) return;
  const problem = invalidValue("metadata.resourceVersion", 0, "must be specified for an update");
  throw invalid(resource, draft.metadata.name, [
    { ...problem, message: problem.message.replace("Invalid value: 0:", "Invalid value: 0x0:") },
  ]);
}

/** The part that is written comes from the draft, the rest from what is stored. Throws ApiError `Conflict`. */
export function merged(
  desk: Desk,
  { part, draft, old }: { readonly part: Part; readonly draft: KubeObject; readonly old: KubeObject },
): KubeObject {
  checkPreconditions(desk, draft.metadata, old);
  if (part === "main") return draft;
  if (part === "finalize") return withSpecFinalizers(old, draft);
  const status = fieldOf(draft, "status");
  const { status: _, ...rest } = old as KubeObject & { status?: unknown };
  const metadata = { ...old.metadata };
  if (desk.store.resource.group === "" && statusCarriesLabels.has(old.kind)) {
    replace(metadata, "labels", draft.metadata.labels);
    replace(metadata, "annotations", draft.metadata.annotations);
    replace(metadata, "finalizers", draft.metadata.finalizers);
  }
  return { ...rest, metadata, ...(status !== undefined && { status }) } as KubeObject;
}

/** With their status these report labels and annotations as well. */
const statusCarriesLabels = new Set(["Pod", "Node"]);

function replace<O extends object, K extends keyof O>(object: O, field: K, value: O[K] | undefined): void {
  if (value === undefined) delete object[field];
  else object[field] = value;
}

function withSpecFinalizers(old: KubeObject, draft: KubeObject): KubeObject {
  const finalizers = (fieldOf(draft, "spec") as { finalizers?: unknown } | undefined)?.finalizers;
  const { finalizers: _, ...spec } = fieldOf(old, "spec") as { finalizers?: unknown };
  const metadata = { ...old.metadata };
  return { ...old, metadata, spec: { ...spec, ...(finalizers !== undefined && { finalizers }) } } as KubeObject;
}
