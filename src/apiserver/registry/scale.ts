import { Scale } from "#api/autoscaling/v1/scale.ts";
import { invalid } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource, Scaling } from "#api/resource.ts";
import type { Key } from "#client/client.ts";
import type { ApiRequest } from "#client/transport.ts";
import { invalid as invalidValue } from "#schema/problem.ts";
import { validate } from "#schema/validate.ts";
import { deepFreeze } from "./codec.ts";
import type { InputKind } from "./input.ts";
import { checkName } from "./metadata.ts";
import { applyPatch, invalidPatch } from "./patch.ts";
import { readObject } from "./update.ts";
import { change, checkPreconditions, type Desk, type Writing } from "./write.ts";

const scaleKind: InputKind = { group: "autoscaling", version: "v1", kind: "Scale", schema: Scale };

export const viewScale = (resource: Resource, object: KubeObject): Scale =>
  deepFreeze(scalingOf(resource).read(object));

function scalingOf(resource: Resource): Scaling<KubeObject> {
  if (!resource.scale) throw new Error(`${resource.plural} have the subresource scale, but not how to read it`);
  return resource.scale;
}

/** Sets the number of pods by what the client sent as a whole Scale. Throws ApiError. */
export function updateScale(desk: Desk, key: Key, object: unknown, writing: Writing): Promise<Scale> {
  readObject(scaleKind, object, writing); // what is wrong with it is told even when there is no such object
  return changeScale(desk, key, writing, () => readObject(scaleKind, object, writing));
}

/** Throws ApiError. */
export function patchScale(
  desk: Desk,
  key: Key,
  patch: NonNullable<ApiRequest["patch"]>,
  writing: Writing,
): Promise<Scale> {
  return changeScale(desk, key, writing, (old) => {
    const patched = applyPatch(scaleKind, patch, viewScale(desk.store.resource, old));
    return readObject(scaleKind, patched, writing, invalidPatch(scaleKind, patch, patched));
  });
}

async function changeScale(
  desk: Desk,
  key: Key,
  writing: Writing,
  wanted: (old: KubeObject) => KubeObject,
): Promise<Scale> {
  const changed = await change(desk, {
    key,
    part: "main",
    writing,
    edit(old) {
      const scale = wanted(old) as Scale;
      checkName(scale.metadata, key.name);
      checkPreconditions(desk, scale.metadata, old);
      refuseBadScale(scale);
      return readObject(desk.store.resource, scalingOf(desk.store.resource).write(old, scale), writing);
    },
  });
  return viewScale(desk.store.resource, changed);
}

function refuseBadScale(scale: Scale): void {
  const problems = validate(Scale, scale);
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0 && problems.length === 0) {
    problems.push(invalidValue("spec.replicas", replicas, "must be greater than or equal to 0"));
  }
  if (problems.length > 0) throw invalid(scaleKind, scale.metadata.name, problems);
}
