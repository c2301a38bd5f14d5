import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { any, type Infer, list, map, ref, string, struct } from "#schema/nodes.ts";

const name = (kind: string) => `io.k8s.api.authentication.v1.${kind}`;

export const UserInfo = struct(
  name("UserInfo"),
  {
    username: string({ tag: 1 }),
    uid: string({ tag: 2 }),
    groups: list(string(), { tag: 3 }),
    extra: map(any(), { description: "Whatever else the authenticator tells, as lists of texts." }),
  },
  { description: "Who somebody is to the server." },
);

export const SelfSubjectReviewStatus = struct(name("SelfSubjectReviewStatus"), {
  userInfo: ref(UserInfo, { tag: 1 }),
});

export const SelfSubjectReview = kubeObject(
  name("SelfSubjectReview"),
  { status: ref(SelfSubjectReviewStatus, { tag: 2 }) },
  { description: "Asks who the caller is. It is answered and not kept." },
);
export interface SelfSubjectReview extends Infer<typeof SelfSubjectReview>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const SelfSubjectReviews = defineResource<SelfSubjectReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  scope: "Cluster",
  schema: SelfSubjectReview,
});
