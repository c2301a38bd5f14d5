import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, type Infer, ref, string, struct } from "#schema/nodes.ts";

const name = (kind: string) => `io.k8s.api.authorization.v1.${kind}`;

export const ResourceAttributes = struct(
  name("ResourceAttributes"),
  {
    namespace: string({ tag: 1, description: "Empty means all of them, or that the kind is in none." }),
    verb: string({ tag: 2, description: "A verb of the API, as get; * means all." }),
    group: string({ tag: 3, description: "The API group; * means all." }),
    version: string({ tag: 4, description: "The API version; * means all." }),
    resource: string({ tag: 5, description: "The plural, as pods; * means all." }),
    subresource: string({ tag: 6 }),
    name: string({ tag: 7, description: "Empty means all objects." }),
  },
  { description: "What is to be done to which objects." },
);

export const NonResourceAttributes = struct(
  name("NonResourceAttributes"),
  { path: string({ tag: 1 }), verb: string({ tag: 2 }) },
  { description: "What is to be done to a path that is no object." },
);

export const SelfSubjectAccessReviewSpec = struct(name("SelfSubjectAccessReviewSpec"), {
  resourceAttributes: ref(ResourceAttributes, { tag: 1 }),
  nonResourceAttributes: ref(NonResourceAttributes, { tag: 2 }),
});
export interface SelfSubjectAccessReviewSpec extends Infer<typeof SelfSubjectAccessReviewSpec> {}

export const SubjectAccessReviewStatus = struct(name("SubjectAccessReviewStatus"), {
  allowed: bool({ tag: 1, required: true }),
  denied: bool({ tag: 4, description: "Somebody is against it, not only nobody for it." }),
  reason: string({ tag: 2 }),
  evaluationError: string({ tag: 3 }),
});
export interface SubjectAccessReviewStatus extends Infer<typeof SubjectAccessReviewStatus> {}

export const SelfSubjectAccessReview = kubeObject(
  name("SelfSubjectAccessReview"),
  {
    spec: ref(SelfSubjectAccessReviewSpec, { tag: 2, required: true }),
    status: ref(SubjectAccessReviewStatus, { tag: 3 }),
  },
  { description: "Asks whether the caller may do something. It is answered and not kept." },
);
export interface SelfSubjectAccessReview extends Infer<typeof SelfSubjectAccessReview>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const SelfSubjectAccessReviews = defineResource<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  scope: "Cluster",
  schema: SelfSubjectAccessReview,
});
