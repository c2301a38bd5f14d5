import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, type Infer, list, ref, string, struct } from "#schema/nodes.ts";

const name = (kind: string) => `io.k8s.api.authorization.v1.${kind}`;

export const SelfSubjectRulesReviewSpec = struct(name("SelfSubjectRulesReviewSpec"), {
  namespace: string({ tag: 1, description: "Where." }),
});
export interface SelfSubjectRulesReviewSpec extends Infer<typeof SelfSubjectRulesReviewSpec> {}

export const ResourceRule = struct(name("ResourceRule"), {
  verbs: list(string(), { tag: 1, required: true, keepEmpty: true }),
  apiGroups: list(string(), { tag: 2 }),
  resources: list(string(), { tag: 3 }),
  resourceNames: list(string(), { tag: 4 }),
});
export interface ResourceRule extends Infer<typeof ResourceRule> {}

export const NonResourceRule = struct(name("NonResourceRule"), {
  verbs: list(string(), { tag: 1, required: true, keepEmpty: true }),
  nonResourceURLs: list(string(), { tag: 2 }),
});
export interface NonResourceRule extends Infer<typeof NonResourceRule> {}

export const SubjectRulesReviewStatus = struct(name("SubjectRulesReviewStatus"), {
  resourceRules: list(ResourceRule, { tag: 1, required: true, keepEmpty: true }),
  nonResourceRules: list(NonResourceRule, { tag: 2, required: true, keepEmpty: true }),
  incomplete: bool({ tag: 3, required: true, keepEmpty: true, description: "More than this may be allowed." }),
  evaluationError: string({ tag: 4 }),
});
export interface SubjectRulesReviewStatus extends Infer<typeof SubjectRulesReviewStatus> {}

export const SelfSubjectRulesReview = kubeObject(
  name("SelfSubjectRulesReview"),
  {
    spec: ref(SelfSubjectRulesReviewSpec, { tag: 2, required: true, keepEmpty: true }),
    status: ref(SubjectRulesReviewStatus, { tag: 3 }),
  },
  { description: "Asks what the caller may do in a namespace. It is answered and not kept." },
);
export interface SelfSubjectRulesReview extends Infer<typeof SelfSubjectRulesReview>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const SelfSubjectRulesReviews = defineResource<SelfSubjectRulesReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
  scope: "Cluster",
  schema: SelfSubjectRulesReview,
});
