import { type Authorizer, allow, noOpinion } from "./authorizer.ts";
import { authenticatedGroup, unauthenticatedGroup } from "./groups.ts";

const forEverybody = /^\/(healthz|livez|readyz|version)(\/.*)?$/;
const forAuthenticated = /^\/(api|apis|openapi)(\/.*)?$/;

/** Whether the server is well and what it offers is no secret. */
export const publicPaths: Authorizer = {
  authorize({ user, verb, path }) {
    if (path === undefined || (verb !== "get" && verb !== "head")) return noOpinion;
    const known = user.groups.includes(authenticatedGroup);
    if (forEverybody.test(path) && (known || user.groups.includes(unauthenticatedGroup))) return allow;
    return known && forAuthenticated.test(path) ? allow : noOpinion;
  },
};
