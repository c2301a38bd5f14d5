import { annotationProblems, isQualifiedName, labelProblems } from "#schema/formats.ts";
import { forbidden, invalid, type Problem } from "#schema/problem.ts";
import { badly, checkNotNegative, unchanged } from "./check.ts";
import type { ObjectMeta, OwnerReference } from "./object-meta.ts";

type Meta = Partial<ObjectMeta>;

/** What holds for the metadata of every kind, apart from the name, which each kind has its own rule for. */
export function checkMetadata(meta: Meta, path = "metadata"): Problem[] {
  return [
    ...checkNotNegative(`${path}.generation`, meta.generation),
    ...labelProblems(meta.labels, `${path}.labels`),
    ...annotationProblems(meta.annotations, `${path}.annotations`),
    ...checkOwners(meta.ownerReferences ?? [], `${path}.ownerReferences`),
    ...checkFinalizers(meta.finalizers ?? [], `${path}.finalizers`),
  ];
}

/** What an update may not change, whoever sends it. Both objects are complete, as they would be stored. */
export function checkMetadataUpdate(next: Meta, old: Meta, path = "metadata"): Problem[] {
  const fixed = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];
  const problems = fixed.flatMap((name) =>
    unchanged(`${path}.${name}`, next[name as keyof Meta], old[name as keyof Meta]),
  );
  if (next.generation !== undefined && next.generation < (old.generation ?? 0)) {
    problems.push(invalid(`${path}.generation`, next.generation, "must not be decremented"));
  }
  const added = (next.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer));
  if (old.deletionTimestamp && added.length > 0) {
    const shown = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
    problems.push(
      forbidden(
        `${path}.finalizers`,
        `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
      ),
    );
  }
  return problems;
}

function checkOwners(owners: readonly OwnerReference[], path: string): Problem[] {
  const problems = owners.flatMap((owner) => checkOwner(owner, path));
  const [first, ...others] = owners.filter((owner) => owner.controller).map(({ kind, name }) => `${kind}/${name}`);
  for (const other of others) {
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`;
    problems.push(invalid(path, owners, text));
  }
  return problems;
}

/** Events come and go too fast to own anything. */
const cannotOwn = (owner: OwnerReference) =>
  owner.kind === "Event" && /^(events\.k8s\.io\/)?v1$/.test(owner.apiVersion);

function checkOwner(owner: OwnerReference, path: string): Problem[] {
  const problems: Problem[] = [];
  const [version = "", group = ""] = (owner.apiVersion ?? "").split("/").toReversed();
  if (version === "") problems.push(invalid(`${path}.apiVersion`, owner.apiVersion, "version must not be empty"));
  for (const name of ["kind", "name", "uid"] as const) {
    if (!owner[name]) problems.push(invalid(`${path}.${name}`, owner[name] ?? "", "must not be empty"));
  }
  if (cannotOwn(owner)) {
    const text = `${group}/${version}, Kind=${owner.kind} is disallowed from being an owner`;
    problems.push(invalid(path, owner, text));
  }
  return problems;
}

const standardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

function checkFinalizers(finalizers: readonly string[], path: string): Problem[] {
  const problems = finalizers.flatMap((name) => badly(path, name, isQualifiedName(name)));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    problems.push(invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
  return [...problems, ...finalizers.flatMap((name, i) => checkFinalizerScope(name, `${path}[${i}]`))];
}

/** A finalizer names who takes it off: the server itself, or someone's own domain. */
export function checkFinalizerScope(name: string, path: string): Problem[] {
  if (name.includes("/") || standardFinalizers.includes(name)) return [];
  return [invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified")];
}
