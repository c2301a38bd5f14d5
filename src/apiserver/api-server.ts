import {
  builtinResources,
  ClusterRoleBindings,
  ClusterRoles,
  IngressClasses,
  Ingresses,
  Namespaces,
  Nodes,
  otherVersions,
  Pods,
  PriorityClasses,
  RoleBindings,
  Roles,
  Secrets,
  ServiceAccounts,
  Services,
} from "#api/catalog.ts";
import type { IngressClass } from "#api/networking/v1/ingress-class.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { PriorityClass } from "#api/scheduling/v1/priority-class.ts";
import { createClient } from "#client/client.ts";
import type { Transport, UserInfo } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import { type Logger, silentLogger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import type { Storage } from "#storage/storage.ts";
import { Admission, type AdmissionPlugin } from "./admission/admission.ts";
import { defaultIngressClass } from "./admission/default-ingress-class.ts";
import { namespaceLifecycle } from "./admission/namespace-lifecycle.ts";
import { nodeRestriction } from "./admission/node-restriction.ts";
import { defaultTolerationSeconds, podPriority } from "./admission/pod-defaults.ts";
import { accountFinder, serviceAccountAdmission } from "./admission/service-account.ts";
import { ServiceIps } from "./admission/service-ips.ts";
import { type Attributes, type Authorizer, type Decision, union } from "./authz/authorizer.ts";
import { components } from "./authz/components.ts";
import { masters } from "./authz/masters.ts";
import { nodeAuthorizer } from "./authz/node-authorizer.ts";
import { NodeGraph } from "./authz/node-graph.ts";
import { type ApiEndpoint, bootstrap } from "./bootstrap.ts";
import { metricsApi } from "./metrics-api/metrics-api.ts";
import type { Scrape } from "./metrics-api/metrics-scraper.ts";
import { Pipeline } from "./pipeline.ts";
import { bootstrapRbac } from "./rbac/bootstrap-rbac.ts";
import { escalationCheck } from "./rbac/escalation.ts";
import { rbacAuthorizer } from "./rbac/rbac-authorizer.ts";
import { RuleResolver } from "./rbac/rule-resolver.ts";
import { disruptionGuard } from "./registry/disruption-guard.ts";
import type { EvictionGuard } from "./registry/eviction.ts";
import { Expiry } from "./registry/expiry.ts";
import { KindStore } from "./registry/kind-store.ts";
import { OtherVersion } from "./registry/other-version.ts";
import { Registry, type SubresourceHandler } from "./registry/registry.ts";
import { LiveObjects } from "./tokens/live-objects.ts";
import { TokenAuthority, type TokenAuthorityOptions } from "./tokens/token-authority.ts";
import { tokenRequestHandler } from "./tokens/token-request.ts";
import type { Feed } from "./watch/feed.ts";
import { StorageFollower } from "./watch/follower.ts";

export interface ApiServerOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log?: Logger;
  readonly resources?: readonly Resource[];
  /** Where the addresses of services come from: an IPv4 range, as `10.96.0.0/16`. */
  readonly serviceCidr?: string;
  readonly nodePorts?: { readonly first: number; readonly last: number };
  /** What the service `kubernetes` leads to. */
  readonly endpoint?: ApiEndpoint;
  /** How the tokens of service accounts are signed: a private key, PEM, and in whose name. */
  readonly tokens?: Pick<TokenAuthorityOptions, "key" | "issuer">;
  /** In [0, 1): picks addresses and ports. */
  readonly random?: () => number;
  /** Asked after the built-in ones. */
  readonly authorizers?: readonly Authorizer[];
  /** Asked after the built-in ones. */
  readonly admission?: readonly AdmissionPlugin[];
  readonly evictionGuard?: EvictionGuard;
  /** Who answers subresources that are not about the object itself, by the name of the subresource. */
  readonly subresources?: Readonly<Partial<Record<string, SubresourceHandler>>>;
  /** How to ask a node what is in use; without it metrics.k8s.io is not served. */
  readonly scrape?: Scrape;
}

/** The API without any socket: a Transport for whoever is in this process, and what the HTTP door needs besides. */
export interface ApiServer extends Transport, Component {
  /** The kinds that are stored. */
  readonly resources: readonly Resource[];
  /** These, and those whose objects are worked out when they are asked for. */
  readonly served: readonly Resource[];
  /** Throws ApiError `Forbidden`. For requests that are not dispatched, as `/metrics` or `pods/exec`. */
  authorize(attributes: Attributes): Promise<void>;
  /** The same as an answer, with its reason. */
  decide(attributes: Attributes): Promise<Decision>;
  /** What the roles say that somebody may do. */
  readonly rules: Pick<RuleResolver, "rules">;
  /** Who makes the tokens of service accounts, and knows them again. */
  readonly tokens: TokenAuthority;
  /** The objects of a kind and their changes, as the server knows them. */
  feed(resource: Resource): Feed;
}

const defaultServiceCidr = "10.96.0.0/16";
const defaultNodePorts = { first: 30000, last: 32767 };
const self: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

const idOf = (resource: Resource) => `${apiVersionOf(resource)}/${resource.plural}`;

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { storage, clock, log = silentLogger, resources = builtinResources } = options;
  const follower = new StorageFollower({ storage, clock, log });
  const stores = new Map(resources.map((each) => [idOf(each), new KindStore(each, { storage, follower })]));
  const storeOf = (resource: Resource): KindStore => {
    const store = stores.get(idOf(resource));
    if (!store) throw new Error(`${idOf(resource)} is not served`);
    return store;
  };
  const { nodePorts = defaultNodePorts, serviceCidr: cidr = defaultServiceCidr, random } = options;
  const serviceIps = new ServiceIps({ cidr, nodePorts, ...(random && { random }) });
  serviceIps.follow(storeOf(Services).feed);

  const { authorizer, resolver } = authorizationOf(options, storeOf);
  const admission = admissionOf(options, storeOf, [serviceIps], escalationCheck({ resolver, authorizer }));
  const tokens = tokensOf(options, storeOf);
  // asked only once the server answers, when the pipeline is there
  const budgets: EvictionGuard = (pod, how) =>
    disruptionGuard({ client: createClient(pipeline, { user: self }), clock })(pod, how);
  const { evictionGuard = budgets } = options;
  const token = tokenRequestHandler({ authority: tokens, find: (resource, key) => storeOf(resource).find(key), clock });
  const subresources = { token, ...options.subresources };
  const registries = new Map(
    [...stores].map(([id, store]) => [id, new Registry({ store, admission, clock, evictionGuard, subresources })]),
  );
  const versions = otherVersions.flatMap((resource) => {
    const hub = resource.storedAs && registries.get(idOf(resource.storedAs.resource));
    return hub ? [new OtherVersion(resource, hub)] : [];
  });
  const feed = (resource: Resource) => storeOf(resource).feed;
  const usage = options.scrape && metricsApi(options.scrape, { feed, clock, log });
  const virtual = new Map([...(usage?.kinds ?? []), ...versions].map((kind) => [idOf(kind.resource), kind]));
  const registry = (resource: Resource) => registries.get(idOf(resource)) ?? virtual.get(idOf(resource));
  const pipeline = new Pipeline({ registry, authorizer, log });

  return {
    name: "apiserver",
    resources,
    served: [...resources, ...[...virtual.values()].map((kind) => kind.resource)],
    dispatch: (request) => pipeline.dispatch(request),
    authorize: (attributes) => pipeline.authorize(attributes),
    decide: async (attributes) => authorizer.authorize(attributes),
    rules: resolver,
    tokens,
    feed,
    async start(scope) {
      await follower.start(scope);
      const { endpoint } = options;
      const client = createClient(pipeline, { user: self });
      await bootstrap(client, { serviceAddress: serviceIps.firstAddress, endpoint });
      await bootstrapRbac(client, feed);
      usage?.start(scope);
      for (const store of stores.values()) await expiryOf(store, options)?.start(scope);
    },
  };
}

type StoreOf = (resource: Resource) => KindStore;

function* priorityClasses(feed: Feed): Iterable<PriorityClass> {
  for (const [, object] of feed.objects()) yield object as PriorityClass;
}

function* ingressClasses(feed: Feed): Iterable<IngressClass> {
  for (const [, object] of feed.objects()) yield object as IngressClass;
}

function authorizationOf(
  { authorizers = [] }: ApiServerOptions,
  storeOf: StoreOf,
): { readonly authorizer: Authorizer; readonly resolver: RuleResolver } {
  const resolver = new RuleResolver({
    clusterRoles: storeOf(ClusterRoles).feed,
    roles: storeOf(Roles).feed,
    clusterRoleBindings: storeOf(ClusterRoleBindings).feed,
    roleBindings: storeOf(RoleBindings).feed,
  });
  const nodes = nodeAuthorizer(new NodeGraph(storeOf(Pods).feed, storeOf(Ingresses).feed));
  return { resolver, authorizer: union([masters, components, nodes, rbacAuthorizer(resolver), ...authorizers]) };
}

function tokensOf({ tokens = {}, clock }: ApiServerOptions, storeOf: StoreOf): TokenAuthority {
  const feeds = {
    serviceAccounts: storeOf(ServiceAccounts).feed,
    pods: storeOf(Pods).feed,
    secrets: storeOf(Secrets).feed,
    nodes: storeOf(Nodes).feed,
  };
  return new TokenAuthority({ ...tokens, live: new LiveObjects(feeds, clock), clock });
}

function admissionOf(
  { clock, admission = [] }: ApiServerOptions,
  storeOf: StoreOf,
  reserving: readonly AdmissionPlugin[],
  escalation: AdmissionPlugin,
): Admission {
  return new Admission([
    namespaceLifecycle((name) => storeOf(Namespaces).find({ name })),
    serviceAccountAdmission(accountFinder(storeOf(ServiceAccounts).feed, clock)),
    podPriority(() => priorityClasses(storeOf(PriorityClasses).feed)),
    defaultTolerationSeconds,
    defaultIngressClass(() => ingressClasses(storeOf(IngressClasses).feed)),
    ...reserving,
    ...admission,
    nodeRestriction,
    escalation,
  ]);
}

/** A storage that lets entries expire by itself needs no help. */
function expiryOf(store: KindStore, { storage, clock, log = silentLogger }: ApiServerOptions): Expiry | undefined {
  const { ttlSeconds } = store.resource;
  return ttlSeconds && !storage.supports.ttl ? new Expiry(store, { ttlSeconds, clock, log }) : undefined;
}
