import { same } from "#api/meta/check.ts";
import { between } from "#schema/formats.ts";
import { forbidden, invalid, type Problem, shown } from "#schema/problem.ts";
import type { Container } from "./container.ts";
import type { Pod, PodSpec } from "./pod.ts";
import type { Toleration } from "./scheduling.ts";

const changeable = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

/** A pod is what it is from its creation on: its containers run already. Only little of it may still change. */
export function checkPodUpdate({ spec: next }: Pod, { spec: old }: Pod): Problem[] {
  for (const list of ["containers", "initContainers"] as const) {
    if ((next[list] ?? []).length !== (old[list] ?? []).length) {
      return [forbidden(`spec.${list}`, "pod updates may not add or remove containers")];
    }
  }
  const problems = [...checkDeadline(next, old), ...checkTolerations(next.tolerations ?? [], old.tolerations ?? [])];
  const allowed = withAllowedChanges(next, old);
  if (!same(allowed, old)) {
    const text = `pod updates may not change fields other than ${changeable}`;
    problems.push(forbidden("spec", `${text}\n${differences(old, allowed)}`));
  }
  return problems;
}

function checkDeadline(next: PodSpec, old: PodSpec): Problem[] {
  const field = "spec.activeDeadlineSeconds";
  const [now, before] = [next.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (before === undefined) return [];
  if (now === undefined) return [invalid(field, null, between(0, before))];
  return now > before ? [invalid(field, now, "must be less than or equal to previous value")] : [];
}

/** Each old toleration must still be there; the time of one may change. */
function checkTolerations(next: readonly Toleration[], old: readonly Toleration[]): Problem[] {
  const withoutTime = ({ tolerationSeconds: _, ...rest }: Toleration) => rest;
  const kept = old.every((before) => next.some((now) => same(withoutTime(now), withoutTime(before))));
  const text = "existing toleration can not be modified except its tolerationSeconds";
  return kept ? [] : [forbidden("spec.tolerations", text)];
}

/** The new spec with everything that may change put back, so that what still differs may not. */
function withAllowedChanges(next: PodSpec, old: PodSpec): PodSpec {
  const images = (now: readonly Container[] = [], before: readonly Container[] = []) =>
    now.map((container, i): Container => {
      const { image: _, ...rest } = container;
      return before[i]?.image === undefined ? rest : { ...rest, image: before[i].image };
    });
  const { activeDeadlineSeconds: _a, tolerations: _b, ...rest } = next;
  const result: PodSpec = { ...rest, containers: images(next.containers, old.containers) };
  if (next.initContainers) result.initContainers = images(next.initContainers, old.initContainers);
  if (old.activeDeadlineSeconds !== undefined) result.activeDeadlineSeconds = old.activeDeadlineSeconds;
  if (old.tolerations) result.tolerations = old.tolerations;
  const grace = old.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0 && next.terminationGracePeriodSeconds === 1) {
    result.terminationGracePeriodSeconds = grace;
  }
  if ((old.schedulingGates ?? []).length > 0) {
    // Gates may only be taken off, and until the last is gone the pod may still be aimed at fewer nodes.
    const left = (next.schedulingGates ?? []).every((gate) => old.schedulingGates?.some((g) => g.name === gate.name));
    if (left && old.schedulingGates) result.schedulingGates = old.schedulingGates;
  }
  return result;
}

/** One line for each value that was there and each that is wanted instead. */
function differences(old: unknown, next: unknown, path = "spec"): string {
  if (same(old, next)) return "";
  if (isObject(old) && isObject(next)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])];
    const inner = keys.map((key) =>
      differences(old[key], next[key], Array.isArray(old) ? `${path}[${key}]` : `${path}.${key}`),
    );
    return inner.filter(Boolean).join("\n");
  }
  const lines = [
    old === undefined ? "" : `- \t${path}: ${shown(old)}`,
    next === undefined ? "" : `+ \t${path}: ${shown(next)}`,
  ];
  return lines.filter(Boolean).join("\n");
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
