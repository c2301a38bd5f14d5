import { type SelfSubjectReview, SelfSubjectReviews } from "#api/authentication/v1/self-subject-review.ts";
import { TokenReviews } from "#api/authentication/v1/token-review.ts";
import { SelfSubjectAccessReviews } from "#api/authorization/v1/self-subject-access-review.ts";
import { SelfSubjectRulesReviews } from "#api/authorization/v1/self-subject-rules-review.ts";
import { LocalSubjectAccessReviews, SubjectAccessReviews } from "#api/authorization/v1/subject-access-review.ts";
import { timestamp } from "#api/meta/time.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { Clock } from "#kit/clock.ts";
import { type AccessApi, accessReview, rulesReview } from "./access-reviews.ts";
import { decodeObject } from "./body.ts";
import type { HttpReply, KnownRequest } from "./exchange.ts";
import { negotiate } from "./negotiate.ts";
import { requestOptions } from "./query.ts";
import { objectReply } from "./response.ts";
import type { ServedResources } from "./served-resources.ts";
import { type TokenApi, tokenReview, userInfo } from "./token-reviews.ts";

/** Kinds that are questions: created, answered at once and never kept. */
const reviews: readonly Resource[] = [
  SelfSubjectReviews,
  TokenReviews,
  LocalSubjectAccessReviews,
  SelfSubjectAccessReviews,
  SelfSubjectRulesReviews,
  SubjectAccessReviews,
];

export const isReview = (resource: Resource): boolean => reviews.includes(resource);

/** What is served, and the questions that may be asked. */
export function withReviews(served: ServedResources): ServedResources {
  const own = (group: string, version: string, plural: string) =>
    reviews.find((r) => r.group === group && r.version === version && r.plural === plural);
  return {
    get generation() {
      return served.generation;
    },
    all: () => [...served.all(), ...reviews],
    find: (group, version, plural) => served.find(group, version, plural) ?? own(group, version, plural),
  };
}

export type ReviewApi = AccessApi & TokenApi;

/** Answers reviews. Throws ApiError. */
export function reviewHandler(api: ReviewApi, clock: Clock) {
  return async (request: KnownRequest, resource: Resource, namespace?: string): Promise<HttpReply> => {
    const { kind, schema, group, version, plural } = resource;
    const format = negotiate(request.headers, request.query);
    requestOptions("create", request.query);
    await api.authorize({ user: request.user, verb: "create", resource: { group, version, plural, namespace } });
    const expected = { kind, apiVersion: apiVersionOf(resource), schema, strict: false };
    const { value } = await decodeObject(await request.body(), request.headers["content-type"], expected);
    const { spec } = value as { spec?: object };
    const status = await answer(api, resource, { spec: spec ?? {}, user: request.user, namespace });
    const metadata = { ...(namespace && { namespace }), creationTimestamp: timestamp(clock.now()) };
    const object = { kind, apiVersion: apiVersionOf(resource), metadata, ...(spec && { spec }), status };
    return objectReply(201, object, resource, format, clock.now());
  };
}

interface Question {
  readonly spec: object;
  readonly user: KnownRequest["user"];
  readonly namespace: string | undefined;
}

function answer(api: ReviewApi, resource: Resource, { spec, user, namespace }: Question): object | Promise<object> {
  switch (resource) {
    case SelfSubjectReviews:
      return { userInfo: userInfo(user) } satisfies SelfSubjectReview["status"];
    case TokenReviews:
      return tokenReview(api, spec);
    case SelfSubjectRulesReviews:
      return rulesReview(api, user, spec);
    default:
      return accessReview(api, resource, {
        spec,
        self: resource === SelfSubjectAccessReviews ? user : undefined,
        namespace,
      });
  }
}
