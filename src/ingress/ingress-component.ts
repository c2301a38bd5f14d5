import { Dnses, EndpointSlices, IngressClasses, Ingresses, Services } from "#api/catalog.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";
import { CertificateStore } from "./certificates.ts";
import { type Target, targetsOf } from "./endpoints.plan.ts";
import { type Certificates, createProxy, type Destination, type HttpProxy } from "./proxy.ts";
import { chooseCertificate, chooseRoute, pathFor, planRoutes, type Routes } from "./routes.plan.ts";

export interface IngressOptions {
  readonly client: Pick<Client, "get">;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly log: Logger;
  /** The node's address: there the proxy listens for what comes over the cluster's address, on ports of its own. */
  readonly host: string;
  /** Further ports, on all addresses of the node; `undefined` for none, taken ones are left alone. */
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  /** Shown for hosts without a certificate. */
  readonly fallback: Certificates["fallback"];
}

export interface IngressProxy extends Component {
  /** Ports at `host`, once it has started. */
  readonly ports: { readonly http: number; readonly https: number };
  /** Which of the wanted ports it has. */
  readonly open: { readonly http: boolean; readonly https: boolean };
}

const serviceIndex = "ingress service";
/** How old a certificate may be. */
const certificateMs = 10_000;

export function ingressComponent(options: IngressOptions): IngressProxy {
  const { client, caches, clock, log, host } = options;
  const ports = { http: 0, https: 0 };
  const open = { http: false, https: false };
  return {
    name: "ingress",
    ports,
    open,
    async start(scope) {
      let routes: Routes = planRoutes({ ingresses: [], classes: [], dns: [] });
      const store = new CertificateStore(client, log);
      const refresh = () => store.refresh(new Set(routes.certificates.values()));
      const plan = () => {
        routes = planRoutes({
          ingresses: caches.all(Ingresses),
          classes: caches.all(IngressClasses),
          dns: caches.all(Dnses),
        });
        void refresh(); // it logs its own failures
      };
      const certificates: Certificates = {
        fallback: options.fallback,
        context: (name) => {
          const secret = chooseCertificate(routes, name);
          return secret === undefined ? undefined : store.get(secret);
        },
      };
      const find = targetFinder(caches);
      const proxy = createProxy({ log, route: (name, url) => destinationOf(routes, find, { name, url }) });
      scope.defer(() => proxy.close());
      caches.follow(Ingresses, IngressClasses, Dnses, Services, EndpointSlices);
      for (const kind of [Ingresses, IngressClasses, Dnses]) scope.defer(caches.subscribe(kind, plan));
      ports.http = await proxy.listenHttp(host, 0);
      ports.https = await proxy.listenHttps(host, 0, certificates);
      await openWanted(proxy, options, { certificates, open });
      scope.spawn("certificates", async (signal) => {
        for (;;) {
          await sleep(certificateMs, clock, signal);
          await refresh();
        }
      });
    },
  };
}

/** The ports that clients outside expect. Another cluster or program may have them: then it keeps them. */
async function openWanted(
  proxy: HttpProxy,
  { httpPort, httpsPort, log }: IngressOptions,
  { certificates, open }: { certificates: Certificates; open: { http: boolean; https: boolean } },
): Promise<void> {
  const listen = async (port: number | undefined, begin: (port: number) => Promise<number>) => {
    if (port === undefined || port === 0) return false;
    try {
      await begin(port);
      return true;
    } catch (error) {
      log.warn({ port, error: String(error) }, "the port is taken: ingresses are not served there on this node");
      return false;
    }
  };
  open.http = await listen(httpPort, (port) => proxy.listenHttp("0.0.0.0", port));
  open.https = await listen(httpsPort, (port) => proxy.listenHttps("0.0.0.0", port, certificates));
}

type FindTargets = (namespace: string, service: string, port: number | string) => readonly Target[];

/** Each time another one of a Service's endpoints is the first. */
function targetFinder(caches: Caches): FindTargets {
  caches.index(EndpointSlices, serviceIndex, ({ metadata }) => {
    const service = metadata.labels?.["kubernetes.io/service-name"];
    return service ? [`${metadata.namespace}/${service}`] : [];
  });
  let turn = 0;
  return (namespace, name, port) => {
    const service = caches.find(Services, { namespace, name });
    if (!service) return [];
    const targets =
      targetsOf(service, caches.indexed(EndpointSlices, serviceIndex, `${namespace}/${name}`), port) ?? [];
    turn = (turn + 1) >>> 0;
    const first = targets.length === 0 ? 0 : turn % targets.length;
    return [...targets.slice(first), ...targets.slice(0, first)];
  };
}

function destinationOf(
  routes: Routes,
  find: FindTargets,
  { name, url }: { name: string; url: string },
): Destination | undefined {
  const [path = "/"] = url.split("?", 1);
  const route = chooseRoute(routes, name, path);
  if (!route) return undefined;
  const { namespace, service, port } = route.backend;
  return { targets: find(namespace, service, port), path: pathFor(route, url) };
}
