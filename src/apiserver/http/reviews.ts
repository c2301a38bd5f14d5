import { SelfSubjectReviews } from "#api/authentication/v1/self-subject-review.ts";
import {
  type SelfSubjectAccessReviewSpec,
  SelfSubjectAccessReviews,
} from "#api/authorization/v1/self-subject-access-review.ts";
import { badRequest, isForbidden } from "#api/meta/api-error.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { UserInfo } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import type { Attributes } from "../authz/authorizer.ts";
import { decodeObject } from "./body.ts";
import type { HttpReply, KnownRequest } from "./exchange.ts";
import { negotiate } from "./negotiate.ts";
import { requestOptions } from "./query.ts";
import { objectReply } from "./response.ts";
import type { ServedResources } from "./served-resources.ts";

/** Kinds that are questions: created, answered at once and never kept. */
const reviews: readonly Resource[] = [SelfSubjectReviews, SelfSubjectAccessReviews];

export const isReview = (resource: Resource): boolean => reviews.includes(resource);

/** What is served, and the questions that anyone who is known may ask. */
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

type Authorize = (attributes: Attributes) => Promise<void>;

/** Answers reviews. Throws ApiError. */
export function reviewHandler(authorize: Authorize, clock: Clock) {
  return async (request: KnownRequest, resource: Resource): Promise<HttpReply> => {
    const { kind, schema } = resource;
    const format = negotiate(request.headers, request.query);
    requestOptions("create", request.query);
    if (request.user.groups.includes("system:unauthenticated")) {
      const { group, version, plural } = resource;
      await authorize({ user: request.user, verb: "create", resource: { group, version, plural } });
    }
    const expected = { kind, apiVersion: apiVersionOf(resource), schema, strict: false };
    const { value } = await decodeObject(await request.body(), request.headers["content-type"], expected);
    const { spec } = value as { spec?: SelfSubjectAccessReviewSpec };
    const status =
      resource === SelfSubjectReviews
        ? { userInfo: userInfo(request.user) }
        : await accessStatus(request.user, spec ?? {}, authorize);
    const metadata = { creationTimestamp: new Date(clock.now()).toISOString().replace(/\.\d+/, "") };
    const answer = { kind, apiVersion: apiVersionOf(resource), metadata, ...(spec && { spec }), status };
    return objectReply(201, answer, resource, format, clock.now());
  };
}

const userInfo = ({ name, uid, groups, extra }: UserInfo) => ({
  username: name,
  ...(uid && { uid }),
  groups,
  ...(extra && { extra }),
});

async function accessStatus(user: UserInfo, spec: SelfSubjectAccessReviewSpec, authorize: Authorize): Promise<object> {
  try {
    await authorize(attributesFrom(user, spec));
    return { allowed: true };
  } catch (error) {
    if (isForbidden(error)) return { allowed: false };
    throw error;
  }
}

function attributesFrom(user: UserInfo, spec: SelfSubjectAccessReviewSpec): Attributes {
  const { resourceAttributes: about, nonResourceAttributes: path } = spec;
  if (about && !path) {
    const { verb = "", group = "", version = "", resource: plural = "", subresource, namespace, name } = about;
    return { user, verb, resource: { group, version, plural, subresource, namespace, name } };
  }
  if (path && !about) return { user, verb: path.verb ?? "", path: path.path };
  throw badRequest("exactly one of spec.resourceAttributes and spec.nonResourceAttributes must be given");
}
