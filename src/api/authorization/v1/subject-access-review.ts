import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { any, type Infer, list, map, ref, string, struct } from "#schema/nodes.ts";
import { NonResourceAttributes, ResourceAttributes, SubjectAccessReviewStatus } from "./self-subject-access-review.ts";

const name = (kind: string) => `io.k8s.api.authorization.v1.${kind}`;

export const SubjectAccessReviewSpec = struct(name("SubjectAccessReviewSpec"), {
  resourceAttributes: ref(ResourceAttributes, { tag: 1 }),
  nonResourceAttributes: ref(NonResourceAttributes, { tag: 2 }),
  user: string({ tag: 3, description: "Who is asked about." }),
  groups: list(string(), { tag: 4, description: "The groups of who is asked about." }),
  extra: map(any(), { description: "What an authenticator tells besides, as lists of texts." }),
  uid: string({ tag: 6 }),
});
export interface SubjectAccessReviewSpec extends Infer<typeof SubjectAccessReviewSpec> {}

const fields = {
  spec: ref(SubjectAccessReviewSpec, { tag: 2, required: true, keepEmpty: true }),
  status: ref(SubjectAccessReviewStatus, { tag: 3 }),
} as const;

export const SubjectAccessReview = kubeObject(name("SubjectAccessReview"), fields, {
  description: "Asks whether somebody may do something. It is answered and not kept.",
});
export interface SubjectAccessReview extends Infer<typeof SubjectAccessReview>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const SubjectAccessReviews = defineResource<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  scope: "Cluster",
  schema: SubjectAccessReview,
});

export const LocalSubjectAccessReview = kubeObject(name("LocalSubjectAccessReview"), fields, {
  description: "Asks whether somebody may do something in one namespace. It is answered and not kept.",
});
export interface LocalSubjectAccessReview extends Infer<typeof LocalSubjectAccessReview>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const LocalSubjectAccessReviews = defineResource<LocalSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  scope: "Namespaced",
  schema: LocalSubjectAccessReview,
});
