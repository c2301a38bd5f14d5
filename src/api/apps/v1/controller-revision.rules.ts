import { unchanged } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import { invalid, type Problem, required } from "#schema/problem.ts";
import type { ControllerRevision } from "./controller-revision.ts";

export const controllerRevisionRules: Rules<ControllerRevision> = {
  check({ data, revision }, old) {
    const problems: Problem[] = [];
    if (data === undefined || data === null) problems.push(required("data", "data is mandatory"));
    if (revision < 0) problems.push(invalid("revision", revision, "must be greater than or equal to 0"));
    return old ? [...problems, ...unchanged("data", data, old.data)] : problems;
  },
};
