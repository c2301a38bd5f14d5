import { applyDefaults } from "#schema/defaults.ts";
import type { Problem } from "#schema/problem.ts";
import { prune } from "#schema/prune.ts";
import { validate } from "#schema/validate.ts";
import { checkMetadata } from "./meta/check-metadata.ts";
import type { Draft, KubeObject } from "./meta/object-meta.ts";
import { apiVersionOf, type Resource } from "./resource.ts";

/** An object as a client sends it, for tests of the definitions; kind and version are filled in. */
export function received<O extends KubeObject>(resource: Resource<O>, draft: Draft<O>): O {
  const given = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...structuredClone(draft) };
  const { object } = prune(resource.schema, given);
  applyDefaults(resource.schema, object);
  return object as unknown as O;
}

/** The same after the server has made it a new object. */
export function created<O extends KubeObject>(resource: Resource<O>, draft: Draft<O>): O {
  const object = received(resource, draft);
  resource.rules.create?.(object);
  return object;
}

/** And as an update of `old`. */
export function updated<O extends KubeObject>(resource: Resource<O>, draft: Draft<O>, old: O): O {
  const object = received(resource, draft);
  resource.rules.update?.(object, old);
  return object;
}

/** Everything that the definition has against an object, as `Required spec.containers: Required value`. */
export function complaints<O extends KubeObject>(resource: Resource<O>, object: O, old?: O): string[] {
  const problems: Problem[] = [
    ...checkMetadata(object.metadata),
    ...validate(resource.schema, object),
    ...(resource.rules.check?.(object, old) ?? []),
  ];
  return problems.map(({ reason, field, message }) => `${reason.replace("FieldValue", "")} ${field}: ${message}`);
}

const web = { name: "web", namespace: "default" };

/** What the server has against a new object named web; to be called when the test runs. */
export const make =
  <O extends KubeObject>(resource: Resource<O>) =>
  (draft: Draft<O>) =>
  () =>
    complaints(resource, created(resource, { metadata: web, ...draft }));

/** The same of turning the object `before` into `after`. */
export const turn =
  <O extends KubeObject>(resource: Resource<O>) =>
  (before: Draft<O>, after: Draft<O>) =>
  () => {
    const old = created(resource, { metadata: web, ...before });
    return complaints(resource, updated(resource, { metadata: web, ...after }, old), old);
  };
