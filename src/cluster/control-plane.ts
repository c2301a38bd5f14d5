import { EndpointSlices, Nodes, Pods, Services } from "#api/catalog.ts";
import { ApiError } from "#api/meta/api-error.ts";
import { type ApiServer, createApiServer } from "#apiserver/api-server.ts";
import { authenticatorUnion } from "#apiserver/authn/authenticator.ts";
import { certificateAuthenticator } from "#apiserver/authn/client-certificate.ts";
import { accountAuthenticator } from "#apiserver/authn/service-account.ts";
import { parseTokenFile, tokenAuthenticator } from "#apiserver/authn/token-file.ts";
import { createDoor } from "#apiserver/http/door.ts";
import { createKubeletProxy } from "#apiserver/http/kubelet-proxy.ts";
import { createListener, type Listener } from "#apiserver/http/listener.ts";
import { fixedResources } from "#apiserver/http/served-resources.ts";
import { kubeletScrape } from "#apiserver/metrics-api/kubelet-scrape.ts";
import { Caches } from "#client/cache/caches.ts";
import { createClient } from "#client/client.ts";
import type { Transport } from "#client/transport.ts";
import { eventRecorder } from "#controller/events.ts";
import { queueMetrics } from "#controller/queue-metrics.ts";
import { allControllers } from "#controllers/all.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { processMetrics } from "#kit/metrics.ts";
import type { Component } from "#kit/scope.ts";
import { schedulerComponent } from "#scheduler/scheduler.ts";
import type { StrategyName } from "#scheduler/strategies/strategies.ts";
import { usageReader } from "#scheduler/usage-reader.ts";
import type { Storage } from "#storage/storage.ts";
import { clusterServices, ingressAddress } from "./cluster-services.ts";
import { leading } from "./leading.ts";
import type { Pki } from "./pki.ts";
import { apiserver, controllerManager, scheduler } from "./users.ts";

export interface ControlPlaneOptions {
  readonly storage: Storage;
  readonly pki: Pki;
  readonly host: string;
  readonly port: number;
  readonly serviceCidr: string;
  /** Address of the cluster's DNS. */
  readonly clusterDns: string;
  /** Where pods find the API server: the endpoint of the Service `kubernetes`. */
  readonly advertiseAddress: string;
  readonly schedulerStrategy: StrategyName;
  /** Content of a static token file. */
  readonly tokens?: string;
  /** Further authorities whose client certificates are accepted, PEM. */
  readonly clientCa?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ControlPlane {
  readonly api: ApiServer;
  readonly listener: Listener;
  /** In the order in which they start. */
  readonly components: readonly Component[];
}

/** Strategies that go by what is in use. */
const measuring: readonly StrategyName[] = ["LeastCpu", "LeastMem"];

/** API server, its door, controllers and scheduler, for one process. */
export function controlPlane(options: ControlPlaneOptions): ControlPlane {
  const { storage, pki, clock, log, host, port, serviceCidr, advertiseAddress } = options;
  const api = createApiServer({
    storage,
    clock,
    log,
    serviceCidr,
    endpoint: { address: advertiseAddress, port },
    tokens: { key: pki.serviceAccountKey },
    scrape: kubeletScrape({
      clientCert: pki.kubeletClient.cert,
      clientKey: pki.kubeletClient.key,
      kubeletCa: pki.ca.cert,
    }),
  });
  const metrics = processMetrics();
  const door = createDoor({
    api,
    served: fixedResources(api.served),
    authenticate: authenticatorUnion([
      certificateAuthenticator,
      accountAuthenticator(api.tokens),
      ...(options.tokens ? [tokenAuthenticator(parseTokenFile(options.tokens))] : []),
    ]),
    health: { live: [], ready: [{ name: "storage", check: async () => void (await storage.revision()) }] },
    metrics,
    clock,
    log,
    connections: kubeletProxy(api, pki),
  });
  const clientCa = [pki.ca.cert, options.clientCa].filter(Boolean).join("\n");
  const listener = createListener({
    host,
    port,
    cert: pki.apiserver.cert,
    key: pki.apiserver.key,
    clientCa,
    handler: door,
    log,
  });

  const client = createClient(api, { user: controllerManager });
  const caches = new Caches({ client, clock, log });
  const queues = queueMetrics(metrics);
  const controllers = (transport: Transport) =>
    allControllers({
      client: createClient(transport, { user: controllerManager }),
      caches,
      clock,
      log,
      metrics: queues,
      resources: () => api.resources,
      caPem: pki.ca.cert,
      accountToken: (about) => api.tokens.issueLegacy(about),
      ingressAddress: ingressAddress(serviceCidr),
    });
  const scheduling = (transport: Transport) => {
    const events = { client: createClient(transport, { user: scheduler }), clock, log, component: "default-scheduler" };
    const { schedulerStrategy: strategy } = options;
    const reader = usageReader({ client: createClient(api, { user: apiserver }), clock, log });
    const usage = (nodeName: string) => reader.usage(nodeName);
    const placing = { client: events.client, caches, clock, log, strategy, usage, events: eventRecorder(events) };
    return [...(measuring.includes(strategy) ? [reader] : []), schedulerComponent(placing)];
  };
  const work = leading(
    [
      ["kube-controller-manager", controllers],
      ["kube-scheduler", scheduling],
    ],
    { shared: storage.supports.otherWriters, api, client: createClient(api, { user: apiserver }), clock, log },
  );
  const ownServices = clusterServices(
    createClient(api, { user: apiserver }),
    { dns: options.clusterDns, ingress: ingressAddress(serviceCidr) },
    log,
  );
  return { api, listener, components: [api, ownServices, listener, caches, ...work] };
}

/** Finds pods, nodes and endpoints by asking the API of this process, in the server's own name. */
function kubeletProxy(api: ApiServer, pki: Pki) {
  const client = createClient(api, { user: apiserver });
  return createKubeletProxy({
    async podAndNode(namespace, name) {
      const pod = await client.get(Pods, { namespace, name });
      const node = pod.spec.nodeName ? await client.get(Nodes, { name: pod.spec.nodeName }) : undefined;
      return { pod, node };
    },
    node: (name) => client.get(Nodes, { name }),
    async serviceEndpoint(namespace, name, portName) {
      const service = await client.get(Services, { namespace, name });
      const labelSelector = `kubernetes.io/service-name=${name}`;
      const { items } = await client.list(EndpointSlices, { namespace, labelSelector });
      const wanted = (service.spec.ports ?? []).find(
        (p) => portName === "" || p.name === portName || String(p.port) === portName,
      );
      for (const slice of items) {
        const port = slice.ports?.find((p) => (p.name ?? "") === (wanted?.name ?? ""))?.port;
        const ready = slice.endpoints?.find((endpoint) => endpoint.conditions?.ready ?? true);
        if (port && ready?.addresses[0]) return { host: ready.addresses[0], port };
      }
      throw new ApiError("ServiceUnavailable", `no endpoints available for service ${JSON.stringify(name)}`);
    },
    clientCert: pki.kubeletClient.cert,
    clientKey: pki.kubeletClient.key,
    kubeletCa: pki.ca.cert,
  });
}
