import { type Authorizer, allow, noOpinion } from "./authorizer.ts";
import { mastersGroup } from "./groups.ts";

/** Members of `system:masters` may do everything. */
export const masters: Authorizer = {
  authorize: ({ user }) => (user.groups.includes(mastersGroup) ? allow : noOpinion),
};
