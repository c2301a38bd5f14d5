import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, type Infer, list, ref, string, struct } from "#schema/nodes.ts";
import { UserInfo } from "./self-subject-review.ts";

const name = (kind: string) => `io.k8s.api.authentication.v1.${kind}`;

export const TokenReviewSpec = struct(name("TokenReviewSpec"), {
  token: string({ tag: 1, description: "What somebody brought." }),
  audiences: list(string(), { tag: 2, description: "Who was brought it; the API server when empty." }),
});
export interface TokenReviewSpec extends Infer<typeof TokenReviewSpec> {}

export const TokenReviewStatus = struct(name("TokenReviewStatus"), {
  authenticated: bool({ tag: 1, omitZero: true, description: "The token is good." }),
  user: ref(UserInfo, { tag: 2, description: "Whose it is." }),
  audiences: list(string(), { tag: 4, description: "Whom of those asked about it is for." }),
  error: string({ tag: 3, description: "Why it could not be told." }),
});
export interface TokenReviewStatus extends Infer<typeof TokenReviewStatus> {}

export const TokenReview = kubeObject(
  name("TokenReview"),
  {
    spec: ref(TokenReviewSpec, { tag: 2, required: true, keepEmpty: true }),
    status: ref(TokenReviewStatus, { tag: 3 }),
  },
  { description: "Asks whose a token is. It is answered and not kept." },
);
export interface TokenReview extends Infer<typeof TokenReview>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const TokenReviews = defineResource<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  scope: "Cluster",
  schema: TokenReview,
});
