import { badly, ifGiven } from "#api/meta/check.ts";
import { between } from "#schema/formats.ts";
import { invalid, type Problem, required } from "#schema/problem.ts";
import type { PodSecurityContext, SecurityContext } from "./security-context.ts";

const largestId = 2 ** 31 - 1;

const checkId = (id: number | undefined, path: string): Problem[] =>
  badly(path, id, id !== undefined && (id < 0 || id > largestId) ? [between(0, largestId)] : []);

export function checkProfile(kind: "seccomp" | "AppArmor") {
  return ({ type, localhostProfile }: { type: string; localhostProfile?: string }, path: string): Problem[] => {
    const field = `${path}.localhostProfile`;
    if (type === "Localhost") {
      return localhostProfile ? [] : [required(field, `must be set when ${kind} type is Localhost`)];
    }
    const only = `can only be set when ${kind} type is Localhost`;
    return ifGiven(field, localhostProfile, () => [only]);
  };
}

export function checkSecurityContext(context: SecurityContext, path: string): Problem[] {
  const problems = [
    ...checkId(context.runAsUser, `${path}.runAsUser`),
    ...checkId(context.runAsGroup, `${path}.runAsGroup`),
  ];
  if (context.allowPrivilegeEscalation !== false) return problems;
  const cannot = (what: string) =>
    invalid(path, context, `cannot set \`allowPrivilegeEscalation\` to false and \`${what}`);
  if (context.privileged) problems.push(cannot("privileged` to true"));
  if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) problems.push(cannot("capabilities.Add` CAP_SYS_ADMIN"));
  return problems;
}

const sysctlSegment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const sysctlName = new RegExp(`^(${sysctlSegment}[\\./])*${sysctlSegment}$`);

export function checkPodSecurityContext(context: PodSecurityContext, path: string): Problem[] {
  const problems = [
    ...checkId(context.fsGroup, `${path}.fsGroup`),
    ...checkId(context.runAsUser, `${path}.runAsUser`),
    ...checkId(context.runAsGroup, `${path}.runAsGroup`),
    ...(context.supplementalGroups ?? []).flatMap((id, i) => checkId(id, `${path}.supplementalGroups[${i}]`)),
  ];
  for (const [i, { name }] of (context.sysctls ?? []).entries()) {
    if (!name || (name.length <= 253 && sysctlName.test(name))) continue;
    const text = `must have at most 253 characters and match regex ^(${sysctlSegment}[\\./])*${sysctlSegment}$`;
    problems.push(invalid(`${path}.sysctls[${i}].name`, name, text));
  }
  return problems;
}
