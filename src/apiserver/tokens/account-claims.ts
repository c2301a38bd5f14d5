import type { UserInfo } from "#client/transport.ts";

export interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** What the token of a service account says under `kubernetes.io`. */
export interface AccountClaims {
  readonly namespace: string;
  readonly serviceaccount: Reference;
  readonly pod?: Reference;
  readonly secret?: Reference;
  readonly node?: Reference;
  /** Seconds since the epoch after which whoever still uses the token should be told. */
  readonly warnafter?: number;
}

/** All that a token says. Times are seconds since the epoch. */
export interface TokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly jti: string;
  readonly "kubernetes.io": AccountClaims;
}

export const accountUser = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;

export const accountGroups = (namespace: string): string[] => [
  "system:serviceaccounts",
  `system:serviceaccounts:${namespace}`,
  "system:authenticated",
];

const key = (name: string) => `authentication.kubernetes.io/${name}`;

/** Who the bearer of a token is. */
export function userOf({ namespace, serviceaccount, pod, node }: AccountClaims, jti: string | undefined): UserInfo {
  const extra = {
    ...(jti && { [key("credential-id")]: [`JTI=${jti}`] }),
    ...(node && { [key("node-name")]: [node.name], [key("node-uid")]: [node.uid] }),
    ...(pod && { [key("pod-name")]: [pod.name], [key("pod-uid")]: [pod.uid] }),
  };
  return {
    name: accountUser(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: accountGroups(namespace),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** The claims of tokens that lie in Secrets: these stand side by side and end with the Secret only. */
export const legacy = {
  issuer: "kubernetes/serviceaccount",
  namespace: "kubernetes.io/serviceaccount/namespace",
  secret: "kubernetes.io/serviceaccount/secret.name",
  name: "kubernetes.io/serviceaccount/service-account.name",
  uid: "kubernetes.io/serviceaccount/service-account.uid",
} as const;
