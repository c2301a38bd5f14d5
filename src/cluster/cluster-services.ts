import { IngressClasses, Services } from "#api/catalog.ts";
import type { Service } from "#api/core/v1/service.ts";
import { isAlreadyExists, isNotFound } from "#api/meta/api-error.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { Client } from "#client/client.ts";
import { controllerName, defaultClassAnnotation } from "#ingress/routes.plan.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { addressIn } from "./addresses.ts";

/** Addresses of the Service range that every cluster uses for the same, so that nodes know them without asking. */
export const dnsAddress = (serviceCidr: string): string => addressIn(serviceCidr, 10);
export const ingressAddress = (serviceCidr: string): string => addressIn(serviceCidr, 11);

const namespace = "kube-system";
/** kube-proxy leaves them alone: each node leads them to itself. */
const ownRoutes = { "service.kubernetes.io/service-proxy-name": "minik8s" };

/** The Services that each node itself answers: names, and forwarding by host and path. They hold their addresses. */
export function clusterServices(
  client: Client,
  { dns, ingress }: { dns: string; ingress: string },
  log: Logger,
): Component {
  return {
    name: "cluster services",
    async start() {
      await ensure(client, dnsService(dns), log);
      await ensure(client, ingressService(ingress), log);
      await ensureClass(client);
    },
  };
}

async function ensureClass(client: Client): Promise<void> {
  try {
    await client.create(IngressClasses, {
      metadata: { name: "minik8s", annotations: { [defaultClassAnnotation]: "true" } },
      spec: { controller: controllerName },
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error; // from an earlier start; whoever changed it meant it
  }
}

async function ensure(client: Client, service: Draft<Service>, log: Logger): Promise<void> {
  const name = service.metadata?.name ?? "";
  const clusterIP = service.spec?.clusterIP;
  try {
    const current = await client.get(Services, { namespace, name });
    if (current.spec.clusterIP === clusterIP) return;
    log.warn({ name, has: current.spec.clusterIP, wanted: clusterIP }, "the Service has another address; it is kept");
    return;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    await client.create(Services, service);
  } catch (error) {
    if (isAlreadyExists(error)) return; // another server was quicker
    log.error({ name, clusterIP, error: String(error) }, "a Service of the cluster itself could not be made");
  }
}

const dnsService = (clusterIP: string): Draft<Service> => ({
  metadata: {
    name: "kube-dns",
    namespace,
    labels: {
      "k8s-app": "kube-dns",
      "kubernetes.io/cluster-service": "true",
      "kubernetes.io/name": "CoreDNS",
      ...ownRoutes,
    },
  },
  spec: {
    type: "ClusterIP",
    clusterIP,
    clusterIPs: [clusterIP],
    internalTrafficPolicy: "Local",
    ports: [
      { name: "dns", protocol: "UDP", port: 53, targetPort: 53 },
      { name: "dns-tcp", protocol: "TCP", port: 53, targetPort: 53 },
    ],
  },
});

const ingressService = (clusterIP: string): Draft<Service> => ({
  metadata: { name: "ingress", namespace, labels: { "k8s-app": "ingress", ...ownRoutes } },
  spec: {
    type: "ClusterIP",
    clusterIP,
    clusterIPs: [clusterIP],
    internalTrafficPolicy: "Local",
    ports: [
      { name: "http", protocol: "TCP", port: 80, targetPort: 80 },
      { name: "https", protocol: "TCP", port: 443, targetPort: 443 },
    ],
  },
});
