import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { type Infer, list, long, ref, string, struct, time } from "#schema/nodes.ts";
import { invalid, type Problem } from "#schema/problem.ts";

export const BoundObjectReference = struct("io.k8s.api.authentication.v1.BoundObjectReference", {
  kind: string({ tag: 1, description: "Pod, Node or Secret." }),
  apiVersion: string({ tag: 2 }),
  name: string({ tag: 3 }),
  uid: string({ tag: 4 }),
});

export interface BoundObjectReference extends Infer<typeof BoundObjectReference> {}

export const TokenRequestSpec = struct(
  "io.k8s.api.authentication.v1.TokenRequestSpec",
  {
    audiences: list(string(), {
      tag: 1,
      required: true,
      keepEmpty: true,
      description: "Who will accept the token; the API server when empty.",
    }),
    expirationSeconds: long({
      tag: 4,
      description: "How long the token is wanted to be valid; the server may shorten it.",
    }),
    boundObjectRef: ref(BoundObjectReference, {
      tag: 3,
      description: "The object with whose deletion the token becomes invalid.",
    }),
  },
  {
    derive: (spec) => {
      spec.expirationSeconds ??= 3600;
    },
    check: (spec, path) => checkExpiration(spec.expirationSeconds, `${path}.expirationSeconds`),
  },
);

export interface TokenRequestSpec extends Infer<typeof TokenRequestSpec> {}

export const TokenRequestStatus = struct("io.k8s.api.authentication.v1.TokenRequestStatus", {
  token: string({ tag: 1, required: true, keepEmpty: true }),
  expirationTimestamp: time({ tag: 2, required: true, keepEmpty: true }),
});

export interface TokenRequestStatus extends Infer<typeof TokenRequestStatus> {}

/** What a client sends to `serviceaccounts/<name>/token` and gets back with the token in it. */
export const TokenRequest = kubeObject(
  "io.k8s.api.authentication.v1.TokenRequest",
  {
    spec: ref(TokenRequestSpec, { tag: 2, default: {} }),
    status: ref(TokenRequestStatus, { tag: 3 }),
  },
  { description: "Asks for a token of a service account." },
);

export interface TokenRequest extends Infer<typeof TokenRequest>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

const tenMinutes = 600;
const longest = 2 ** 32;

/** Seconds that a token may be asked for. */
export function checkExpiration(seconds: number, path: string): Problem[] {
  if (seconds < tenMinutes) return [invalid(path, seconds, "may not specify a duration less than 10 minutes")];
  if (seconds > longest) return [invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")];
  return [];
}
