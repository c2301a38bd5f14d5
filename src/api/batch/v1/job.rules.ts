import { checkNotNegative, same, unchanged } from "#api/meta/check.ts";
import { fromSpec, matches } from "#api/meta/selector.ts";
import type { Rules } from "#api/resource.ts";
import { invalid, notSupported, type Problem, required } from "#schema/problem.ts";
import type { Job, JobSpec } from "./job.ts";

export const jobLabels = {
  uid: "batch.kubernetes.io/controller-uid",
  name: "batch.kubernetes.io/job-name",
  oldUid: "controller-uid",
  oldName: "job-name",
} as const;

export const jobRules: Rules<Job> = {
  create(draft) {
    draft.status = {};
    if (!draft.spec.manualSelector) generateSelector(draft);
    const { labels } = draft.spec.template.metadata ?? {};
    if (labels && Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = { ...labels };
  },
  check: (next, old) => (old ? checkUpdate(next, old) : checkSelector(next)),
};

/** A job finds its pods by its own uid, so no two jobs can ever take each other's. */
function generateSelector({ metadata: { name, uid }, spec }: Job): void {
  spec.template.metadata ??= {};
  const generated = {
    [jobLabels.oldUid]: uid,
    [jobLabels.uid]: uid,
    [jobLabels.oldName]: name,
    [jobLabels.name]: name,
  };
  spec.template.metadata.labels = { ...spec.template.metadata.labels, ...generated };
  spec.selector ??= {};
  spec.selector.matchLabels = { ...spec.selector.matchLabels, [jobLabels.uid]: uid };
}

function checkSelector({ spec }: Job): Problem[] {
  if (!spec.selector) return [required("spec.selector")];
  const labels = spec.template.metadata?.labels;
  if (matches(fromSpec(spec.selector), labels)) return [];
  const why = "`selector` does not match template `labels`";
  return [invalid("spec.template.metadata.labels", labels ?? null, why)];
}

/** What holds for the spec of a job, in a job or in a template of jobs. */
export function checkJobSpec(spec: JobSpec, path: string): Problem[] {
  const counts = [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const;
  return [
    ...counts.flatMap((name) => checkNotNegative(`${path}.${name}`, spec[name])),
    ...(spec.completionMode === "Indexed" ? checkIndexed(spec, path) : checkNotIndexed(spec, path)),
    ...checkRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ];
}

const mostParallel = 100_000;

function checkIndexed({ completions, parallelism = 0, maxFailedIndexes, ...spec }: JobSpec, path: string): Problem[] {
  const problems: Problem[] = [];
  if (completions === undefined) {
    problems.push(required(`${path}.completions`, "when completion mode is Indexed"));
  }
  if (parallelism > mostParallel) {
    const why = `must be less than or equal to ${mostParallel} when completion mode is Indexed`;
    problems.push(invalid(`${path}.parallelism`, parallelism, why));
  }
  if (maxFailedIndexes !== undefined && completions !== undefined && maxFailedIndexes > completions) {
    const why = "must be less than or equal to completions";
    problems.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, why));
  }
  if (maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    problems.push(required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  }
  return problems;
}

function checkNotIndexed({ backoffLimitPerIndex, maxFailedIndexes, successPolicy }: JobSpec, path: string): Problem[] {
  const given = Object.entries({ backoffLimitPerIndex, maxFailedIndexes, successPolicy });
  return given
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => invalid(`${path}.${name}`, value, "requires indexed completion mode"));
}

const ending = ["OnFailure", "Never"];

function checkRestartPolicy({ template, podFailurePolicy }: JobSpec, path: string): Problem[] {
  const policy = template.spec?.restartPolicy;
  if (!policy || policy === "Always") return [required(path, 'valid values: "OnFailure", "Never"')];
  if (!ending.includes(policy)) return [notSupported(path, policy, ending)];
  if (podFailurePolicy && policy !== "Never") {
    return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  }
  return [];
}

const fixed = [
  "selector",
  "completionMode",
  "podFailurePolicy",
  "backoffLimitPerIndex",
  "managedBy",
  "successPolicy",
] as const;

function checkUpdate(next: Job, old: Job): Problem[] {
  return [
    ...checkCompletions(next.spec, old.spec),
    ...fixed.flatMap((name) => unchanged(`spec.${name}`, next.spec[name], old.spec[name])),
    ...(mayMove(old) ? [] : unchanged("spec.template", next.spec.template, old.spec.template)),
  ];
}

/** The template of a suspended job that has not begun may still be changed by whoever queues jobs. */
const mayMove = ({ spec, status }: Job) => spec.suspend === true && status?.startTime === undefined;

function checkCompletions(next: JobSpec, old: JobSpec): Problem[] {
  if (same(next.completions, old.completions)) return [];
  if (old.completionMode !== "Indexed") return unchanged("spec.completions", next.completions, old.completions);
  if (next.completions === next.parallelism && old.completions === old.parallelism) return [];
  return [invalid("spec.completions", next.completions, "can only be modified in tandem with spec.parallelism")];
}
