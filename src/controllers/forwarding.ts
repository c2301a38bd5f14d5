import { Dnses, IngressClasses, Ingresses, Nodes, Services } from "#api/catalog.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Dns } from "#api/minik8s/v1/dns.ts";
import type { Ingress } from "#api/networking/v1/ingress.ts";
import type { CacheReader } from "#client/cache/object-cache.ts";
import { type ControllerDefinition, wake } from "#controller/controller.ts";
import { sameStatus } from "./status.ts";

/** A node whose own proxy has the ports that clients outside expect says so; the value is that port. */
export const ingressPortAnnotation = "minik8s.io/ingress-http-port";
const controllerName = "minik8s.io/ingress";
const defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class";

/** Tells where the Ingresses that the nodes' own proxies serve can be reached. */
export function ingressStatusController(clusterAddress: string): ControllerDefinition<typeof Ingresses> {
  const everyIngress = (_: unknown, { cache }: { readonly cache: CacheReader }) =>
    cache.all(Ingresses).map(({ metadata: { namespace, name } }) => ({ namespace, name }));
  return {
    name: "ingress-status",
    for: Ingresses,
    wakes: [wake(Nodes, everyIngress), wake(IngressClasses, everyIngress)],
    async reconcile(key, { cache, client }) {
      const ingress = cache.find(Ingresses, key);
      if (!ingress || ingress.metadata.deletionTimestamp || !isOurs(ingress, cache)) return;
      const open = cache.all(Nodes).filter(({ metadata }) => metadata.annotations?.[ingressPortAnnotation]);
      const addresses = open.flatMap((node) => internalAddress(node) ?? []).toSorted();
      const ingresses = (addresses.length > 0 ? addresses : [clusterAddress]).map((ip) => ({ ip }));
      const status = { loadBalancer: { ingress: ingresses } };
      if (!sameStatus(ingress.status, status)) await client.updateStatus(Ingresses, { ...ingress, status });
    },
  };
}

function isOurs({ metadata, spec }: Ingress, cache: CacheReader): boolean {
  const classes = cache.all(IngressClasses);
  const named = spec.ingressClassName ?? metadata.annotations?.["kubernetes.io/ingress.class"];
  if (named !== undefined)
    return classes.some((each) => each.metadata.name === named && each.spec.controller === controllerName);
  const standard = classes.filter((each) => each.metadata.annotations?.[defaultClassAnnotation] === "true");
  return standard.length === 0 || standard.some((each) => each.spec.controller === controllerName);
}

const internalAddress = ({ status }: Node) => status?.addresses?.find(({ type }) => type === "InternalIP")?.address;

/** Tells what a host name of the cluster resolves to, and whether all its sub-paths lead somewhere. */
export function dnsStatusController(clusterAddress: string): ControllerDefinition<typeof Dnses> {
  return {
    name: "dns-status",
    for: Dnses,
    wakes: [
      wake(Services, ({ metadata: { namespace, name } }, { cache }) =>
        cache
          .all(Dnses, namespace)
          .filter(({ spec }) => (spec.paths ?? []).some(({ serviceName }) => serviceName === name))
          .map(({ metadata }) => ({ namespace, name: metadata.name })),
      ),
    ],
    async reconcile(key, { cache, client, clock }) {
      const dns = cache.find(Dnses, key);
      if (!dns || dns.metadata.deletionTimestamp) return;
      const ready = readiness(dns, cache);
      const before = dns.status?.conditions?.find(({ type }) => type === ready.type);
      const lastTransitionTime =
        before?.status === ready.status
          ? before.lastTransitionTime
          : new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
      const observedGeneration = dns.metadata.generation ?? 0;
      const status = {
        address: clusterAddress,
        hosts: [dns.spec.host],
        conditions: [{ ...ready, observedGeneration, lastTransitionTime }],
      };
      if (!sameStatus(dns.status, status)) await client.updateStatus(Dnses, { ...dns, status });
    },
  };
}

function readiness({ metadata: { namespace }, spec }: Dns, cache: CacheReader) {
  const type = "Ready";
  const problems = (spec.paths ?? []).flatMap(({ path, serviceName, servicePort }) => {
    const service = cache.find(Services, { namespace, name: serviceName });
    if (!service) return [`${path}: service "${serviceName}" not found`];
    const known = (service.spec.ports ?? []).some(({ port }) => port === servicePort);
    return known ? [] : [`${path}: service "${serviceName}" has no port ${servicePort}`];
  });
  return problems.length === 0
    ? { type, status: "True", reason: "Resolved", message: "all paths lead to services" }
    : { type, status: "False", reason: "ServiceNotFound", message: problems.join("; ") };
}
