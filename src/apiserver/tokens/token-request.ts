import { type BoundObjectReference, TokenRequest } from "#api/authentication/v1/token-request.ts";
import { Nodes, Pods, Secrets, ServiceAccounts } from "#api/catalog.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { ServiceAccount } from "#api/core/v1/service-account.ts";
import { badRequest, conflict, forbidden, invalid, notFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Resource } from "#api/resource.ts";
import type { Key } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import { validate } from "#schema/validate.ts";
import { nodeNameOf } from "../authz/node-authorizer.ts";
import { readInput } from "../registry/input.ts";
import type { Admitted, SubresourceHandler } from "../registry/registry.ts";
import type { AccountClaims, Reference } from "./account-claims.ts";
import type { TokenAuthority } from "./token-authority.ts";

export interface TokenRequestOptions {
  readonly authority: TokenAuthority;
  /** As it is now. */
  readonly find: (resource: Resource, key: Key) => Promise<KubeObject | undefined>;
  readonly clock: Clock;
}

const kind = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  plural: "tokenrequests",
  schema: TokenRequest,
} as const;

/** Pods ask for this many seconds by default, an hour and a little; that is how such tokens are known. */
const podTokenSeconds = 3607;
/** Programs that read their token only once would stop after an hour, so these tokens are valid for a year. */
const extendedSeconds = 365 * 24 * 3600;

type Bound = Pick<AccountClaims, "pod" | "secret" | "node">;

/** Answers `serviceaccounts/NAME/token`. Throws ApiError. */
export function tokenRequestHandler(options: TokenRequestOptions): SubresourceHandler {
  const { authority, clock, find } = options;
  return async (request) => {
    const { namespace = "", name = "" } = request;
    const draft = readInput(kind, request.object, { warnings: new Set() }) as TokenRequest;
    if (draft.metadata.name && draft.metadata.name !== name) {
      throw badRequest("name in URL does not match name in TokenRequest object");
    }
    if (draft.metadata.namespace && draft.metadata.namespace !== namespace) {
      throw badRequest("namespace in URL does not match namespace in TokenRequest object");
    }
    const account = (await find(ServiceAccounts, { namespace, name })) as ServiceAccount | undefined;
    if (!account) throw notFound(ServiceAccounts, name);
    const { spec } = draft;
    const audiences = spec.audiences?.length ? spec.audiences : [...authority.audiences];
    const problems = validate(TokenRequest, draft);
    if (problems.length > 0) throw invalid(kind, draft.metadata.name ?? "", problems);
    const pod = await checkNode(request, { ...spec, audiences }, options);
    const bound = await boundTo(spec.boundObjectRef, account, options, pod);

    const seconds = spec.expirationSeconds ?? 3600;
    const extended =
      seconds === podTokenSeconds && bound.pod && audiences.every((each) => authority.audiences.includes(each));
    const now = clock.now();
    const token = authority.issue(
      {
        namespace,
        ...bound,
        serviceaccount: reference(account),
        ...(extended && { warnafter: Math.floor(now / 1000) + seconds }),
      },
      { audiences, seconds: extended ? extendedSeconds : seconds },
    );
    const metadata = { name, namespace, creationTimestamp: timestamp(now) };
    const status = { token, expirationTimestamp: timestamp(now + seconds * 1000) };
    const object = { kind: kind.kind, apiVersion: draft.apiVersion, metadata, spec: { ...spec, audiences }, status };
    return { kind: "object", status: 201, object };
  };
}

const reference = ({ metadata: { name, uid } }: KubeObject): Reference => ({ name, uid });

/** What the token ends with. */
async function boundTo(
  ref: BoundObjectReference | undefined,
  account: ServiceAccount,
  { find }: TokenRequestOptions,
  known: Pod | undefined,
): Promise<Bound> {
  if (!ref) return {};
  const { namespace, name: accountName } = account.metadata;
  const { kind: refKind = "", apiVersion = "", name = "" } = ref;
  const resource = apiVersion === "v1" ? bindable[refKind] : undefined;
  if (!resource) {
    const text = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
    throw badRequest(`cannot bind token for object of type ${text}, Kind=${refKind}`);
  }
  const object = known ?? (await find(resource, { ...(resource !== Nodes && { namespace }), name }));
  if (!object) throw notFound(resource, name);
  if (ref.uid && ref.uid !== object.metadata.uid) {
    throw conflict({ group: "", plural: refKind }, name, `${otherUid(ref.uid)}`);
  }
  if (resource === Secrets) return { secret: reference(object) };
  if (resource === Nodes) return { node: reference(object) };
  const { spec } = object as Pod;
  if (spec.serviceAccountName !== accountName) {
    const who = JSON.stringify(accountName);
    throw badRequest(`cannot bind token for serviceaccount ${who} to pod running with different serviceaccount name.`);
  }
  const node = spec.nodeName ? ((await find(Nodes, { name: spec.nodeName })) as Node | undefined) : undefined;
  return { ...(node && { node: reference(node) }), pod: reference(object) };
}

const bindable: Readonly<Record<string, Resource>> = { Pod: Pods, Secret: Secrets, Node: Nodes };

const otherUid = (uid: string) =>
  `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;

/** A node gets tokens only for pods that run on it, and only for whom these name. Returns the pod. */
async function checkNode(
  { user, namespace = "", name = "" }: Admitted,
  { boundObjectRef: ref, audiences }: Pick<TokenRequest["spec"], "boundObjectRef" | "audiences">,
  { find, authority }: TokenRequestOptions,
): Promise<Pod | undefined> {
  const node = nodeNameOf(user);
  if (node === undefined) return undefined;
  const refuse = (why: string) => forbidden(ServiceAccounts, name, why);
  if (ref?.apiVersion !== "v1" || ref.kind !== "Pod" || !ref.name) {
    throw refuse("node requested token not bound to a pod");
  }
  if (!ref.uid) throw refuse("node requested token with a pod binding without a uid");
  const pod = (await find(Pods, { namespace, name: ref.name })) as Pod | undefined;
  if (!pod) throw notFound(Pods, ref.name);
  if (ref.uid !== pod.metadata.uid) throw refuse(otherUid(ref.uid));
  if (pod.spec.nodeName !== node) {
    throw refuse("node requested token bound to a pod scheduled on a different node");
  }
  const named = new Set(audiencesOf(pod, authority.audiences));
  const foreign = audiences.find((each) => !named.has(each));
  if (foreign !== undefined) throw refuse(`audience ${JSON.stringify(foreign)} not found in pod spec volume`);
  return pod;
}

/** For whom the volumes of a pod want tokens. */
const audiencesOf = ({ spec }: Pod, own: readonly string[]): string[] =>
  (spec.volumes ?? []).flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }) =>
      serviceAccountToken ? serviceAccountToken.audience || own : [],
    ),
  );
