/** Groups and users that have a meaning of their own. */
export const mastersGroup = "system:masters";
export const nodesGroup = "system:nodes";
export const authenticatedGroup = "system:authenticated";
export const unauthenticatedGroup = "system:unauthenticated";
export const nodeUserPrefix = "system:node:";
export const anonymousUser = { name: "system:anonymous", groups: [unauthenticatedGroup] } as const;
