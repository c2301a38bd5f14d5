import type { SelfSubjectRulesReviewSpec } from "#api/authorization/v1/self-subject-rules-review.ts";
import {
  LocalSubjectAccessReviews,
  type SubjectAccessReviewSpec,
} from "#api/authorization/v1/subject-access-review.ts";
import { badRequest, invalid } from "#api/meta/api-error.ts";
import type { Resource } from "#api/resource.ts";
import type { UserInfo } from "#client/transport.ts";
import { invalid as invalidValue, type Problem } from "#schema/problem.ts";
import type { Attributes, Decision } from "../authz/authorizer.ts";
import { nodeNameOf } from "../authz/node-authorizer.ts";
import type { RuleResolver } from "../rbac/rule-resolver.ts";

export interface AccessApi {
  /** Throws ApiError `Forbidden`. */
  authorize(attributes: Attributes): Promise<void>;
  decide(attributes: Attributes): Promise<Decision>;
  readonly rules: Pick<RuleResolver, "rules">;
}

export interface AccessQuestion {
  readonly spec: SubjectAccessReviewSpec;
  /** Who asks about himself. */
  readonly self: UserInfo | undefined;
  readonly namespace: string | undefined;
}

/** Whether somebody may do something. Throws ApiError. */
export async function accessReview(
  api: AccessApi,
  resource: Resource,
  { spec, self, namespace }: AccessQuestion,
): Promise<object> {
  const problems = problemsOf(resource, spec, self !== undefined);
  if (problems.length > 0) throw invalid(resource, "", problems);
  if (resource === LocalSubjectAccessReviews && (spec.resourceAttributes?.namespace ?? "") !== namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
  }
  const { verdict, reason } = await api.decide(attributesFrom(self ?? subjectOf(spec), spec));
  return { allowed: verdict === "allow", ...(verdict === "deny" && { denied: true }), ...(reason && { reason }) };
}

function problemsOf(resource: Resource, spec: SubjectAccessReviewSpec, self: boolean): Problem[] {
  const { resourceAttributes, nonResourceAttributes: path, user, groups = [] } = spec;
  const problems: Problem[] = [];
  if (resourceAttributes && path) {
    const why = "cannot be specified in combination with resourceAttributes";
    problems.push(invalidValue("spec.nonResourceAttributes", path, why));
  }
  if (!resourceAttributes && !path) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    problems.push(invalidValue("spec.resourceAttributes", null, why));
  }
  if (!self && !user && groups.length === 0) {
    problems.push(invalidValue("spec.user", "", "at least one of user or group must be specified"));
  }
  if (resource === LocalSubjectAccessReviews && path) {
    problems.push(invalidValue("spec.nonResourceAttributes", path, "disallowed on this kind of request"));
  }
  return problems;
}

function subjectOf({ user: name = "", groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo {
  const known = extra as UserInfo["extra"] | undefined;
  return { name, groups, ...(uid && { uid }), ...(known && { extra: known }) };
}

function attributesFrom(
  user: UserInfo,
  { resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec,
): Attributes {
  if (!resourceAttributes) return { user, verb: nonResourceAttributes?.verb ?? "", path: nonResourceAttributes?.path };
  const {
    verb = "",
    group = "",
    version = "",
    resource: plural = "",
    subresource,
    namespace,
    name,
  } = resourceAttributes;
  return { user, verb, resource: { group, version, plural, subresource, namespace, name } };
}

/** Everything that the caller may do in a namespace. Throws ApiError `BadRequest`. */
export function rulesReview({ rules: resolver }: AccessApi, user: UserInfo, spec: SelfSubjectRulesReviewSpec): object {
  if (!spec.namespace) throw badRequest("no namespace on request");
  const { rules, missing } = resolver.rules(user, spec.namespace);
  const isNode = nodeNameOf(user) !== undefined;
  const errors = [...missing, ...(isNode ? ["node authorizer does not support user rule resolution"] : [])];
  return {
    resourceRules: rules
      .filter(({ resources }) => resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, resourceNames })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: errors.length > 0,
    ...(errors.length > 0 && { evaluationError: errors.join(", ") }),
  };
}
