import { same } from "#api/meta/check.ts";
import { checkLabelSelector } from "#api/meta/label-selector.rules.ts";
import type { Rules } from "#api/resource.ts";
import { forbidden, invalid, type Problem, required } from "#schema/problem.ts";
import { compareQuantities, parseQuantity } from "#schema/quantity.ts";
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";
import type { PersistentVolumeClaimSpec } from "./volume.ts";

export const claimRules: Rules<PersistentVolumeClaim> = {
  create(draft) {
    draft.status = { phase: "Pending" };
  },
  check: (next, old) => (old ? checkUpdate(next, old) : checkClaim(next.spec, "spec")),
};

const storageOf = (spec: PersistentVolumeClaimSpec) => spec.resources?.requests?.storage;

export function checkClaim(spec: PersistentVolumeClaimSpec, path: string): Problem[] {
  const { accessModes = [], selector } = spec;
  const problems: Problem[] = [];
  if (accessModes.length === 0) problems.push(required(`${path}.accessModes`, "at least 1 access mode is required"));
  if (accessModes.length > 1 && accessModes.includes("ReadWriteOncePod")) {
    const why = "may not use ReadWriteOncePod with other access modes";
    problems.push(forbidden(`${path}.accessModes`, why));
  }
  if (selector) problems.push(...checkLabelSelector(selector, `${path}.selector`));
  const storage = storageOf(spec);
  const field = `${path}.resources[storage]`;
  if (storage === undefined) problems.push(required(field));
  else if (compareQuantities(parseQuantity(storage), parseQuantity("0")) <= 0) {
    problems.push(invalid(field, storage, "must be greater than zero"));
  }
  return problems;
}

/** Only the size may grow, a missing class be filled in, and the volume be named once. */
function checkUpdate(next: PersistentVolumeClaim, old: PersistentVolumeClaim): Problem[] {
  const fixed = ({ spec }: PersistentVolumeClaim) => {
    const { resources: _, volumeName, storageClassName, volumeAttributesClassName: _attributes, ...rest } = spec;
    return { ...rest, volumeName: old.spec.volumeName ? volumeName : undefined, storageClassName };
  };
  const filled = old.spec.storageClassName === undefined ? { storageClassName: next.spec.storageClassName } : {};
  if (!same(fixed(next), { ...fixed(old), ...filled })) {
    const why =
      "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    return [forbidden("spec", why)];
  }
  const [size, before] = [storageOf(next.spec), storageOf(old.spec)];
  if (size && before && compareQuantities(parseQuantity(size), parseQuantity(before)) < 0) {
    return [forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")];
  }
  return [];
}
