import type { Job, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule } from "#api/batch/v1/job.ts";
import type { Pod } from "#api/core/v1/pod.ts";

export interface Verdict {
  readonly action: "FailJob" | "FailIndex" | "Ignore" | "Count";
  /** Why the job fails; only for FailJob. */
  readonly message?: string;
}

/** What the failure of a pod means for its job: the first rule that matches says it. */
export function judge(job: Job, pod: Pod): Verdict {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  if (pod.status?.phase !== "Failed") return { action: "Count" };
  for (const [index, rule] of rules.entries()) {
    const cause = causeIn(rule, pod);
    if (cause === undefined) continue;
    const { action } = rule;
    return action === "FailJob" ? { action, message: `${cause} matching FailJob rule at index ${index}` } : { action };
  }
  return { action: "Count" };
}

function causeIn({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata;
  if (onExitCodes) {
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
    const ended = [...initContainerStatuses, ...containerStatuses].find(
      ({ name, state }) => state?.terminated && matchesCode(onExitCodes, name, state.terminated.exitCode),
    );
    const code = ended?.state?.terminated?.exitCode;
    return ended && `Container ${ended.name} for pod ${namespace}/${name} failed with exit code ${code}`;
  }
  const condition = onPodConditions?.find((pattern) =>
    pod.status?.conditions?.some(({ type, status }) => type === pattern.type && status === pattern.status),
  );
  return condition && `Pod ${namespace}/${name} has condition ${condition.type}`;
}

function matchesCode(rule: PodFailurePolicyOnExitCodesRequirement, container: string, code: number): boolean {
  if (code === 0) return false;
  if (rule.containerName !== undefined && rule.containerName !== container) return false;
  return rule.values.includes(code) === (rule.operator === "In");
}
