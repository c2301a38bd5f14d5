import type { Rules } from "#api/resource.ts";
import { forbidden, type Problem } from "#schema/problem.ts";
import type { Pod } from "./pod.ts";
import { checkPodUpdate } from "./pod-update.rules.ts";
import { qosClass } from "./qos.ts";

export const podRules: Rules<Pod> = {
  create(draft) {
    const gated = (draft.spec.schedulingGates ?? []).length > 0;
    draft.status = {
      phase: "Pending",
      qosClass: qosClass(draft.spec),
      ...(gated && { conditions: [waitingForGates] }),
    };
  },
  check: (next, old) => (old ? checkPodUpdate(next, old) : checkNewPod(next)),
};

const waitingForGates = {
  type: "PodScheduled",
  status: "False",
  reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates",
};

function checkNewPod({ spec }: Pod): Problem[] {
  const problems: Problem[] = [];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    problems.push(forbidden("spec.ephemeralContainers", "cannot be set on create"));
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    problems.push(forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
  }
  return problems;
}
