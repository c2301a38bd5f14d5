import { readFileSync } from "node:fs";
import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";
import type { Caches } from "#client/cache/caches.ts";
import type { Client } from "#client/client.ts";
import { dnsComponent, upstreamServers } from "#dns/dns-component.ts";
import { ingressComponent } from "#ingress/ingress-component.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { hostAddress } from "./addresses.ts";
import { dnsAddress, ingressAddress } from "./cluster-services.ts";
import { dnsNames } from "./dns-names.ts";
import type { ClusterIdentity } from "./identity.ts";
import { ingressAnnouncement } from "./ingress-announcement.ts";
import type { Layout } from "./layout.ts";
import { applyLocalServices, type LocalService } from "./local-services.ts";
import { kernelNames } from "./node-names.ts";
import { findProgram } from "./preflight.ts";
import type { Settings } from "./settings.ts";

/** Where the node's name server listens when it can; each cluster on a machine takes the next free one. */
const dnsPort = 10_053;
const ownAddressesMs = 5_000;

export interface NodeServicesOptions {
  readonly client: Client;
  readonly layout: Layout;
  readonly settings: Settings;
  readonly identity: ClusterIdentity;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What each node serves by itself under an address of the cluster, and the kernel's rules that lead there. */
export function nodeServices({
  client,
  layout,
  settings,
  identity,
  caches,
  clock,
  log,
}: NodeServicesOptions): Component[] {
  const host = listenAddress(settings.nodeIp);
  const cluster = settings.clusterDns ?? dnsAddress(identity.serviceCidr);
  const forwardingAddress = ingressAddress(identity.serviceCidr);
  const ingress = ingressComponent({
    ...{ client, caches, clock, log, host },
    httpPort: settings.ingressHttpPort,
    httpsPort: settings.ingressHttpsPort,
    fallback: { cert: readFileSync(layout.kubeletCert, "utf8"), key: readFileSync(layout.kubeletKey, "utf8") },
  });
  const dns = dnsComponent({
    ...{ caches, clock, log, host },
    port: dnsPort,
    domain: settings.clusterDomain,
    serves: ownClients(identity.clusterCidr, clock),
    hosts: (name) => (names.has(name) ? [forwardingAddress] : undefined),
    upstream: () => upstreamServers("/etc/resolv.conf", [cluster]),
  });
  const names = dnsNames({
    ...{ caches, identity, clock, log, hostsFile: settings.hostsFile },
    changed: () => dns.changed(),
  });
  const routes: Component = {
    name: "routes to the node's own services",
    async start() {
      if (!findProgram("nft")) {
        log.warn("nft is not installed: names of the cluster and its Ingresses have no address on this node");
        return;
      }
      const to = { host, port: dns.port };
      const services: LocalService[] = [
        { address: cluster, protocol: "udp", port: 53, to },
        { address: cluster, protocol: "tcp", port: 53, to },
        { address: forwardingAddress, protocol: "tcp", port: 80, to: { host, port: ingress.ports.http } },
        { address: forwardingAddress, protocol: "tcp", port: 443, to: { host, port: ingress.ports.https } },
      ];
      await applyLocalServices(kernelNames(identity.suffix).localTable, services);
    },
  };
  const announcement = ingressAnnouncement({
    ...{ client, clock, log, nodeName: identity.nodeName },
    port: () => (ingress.open.http ? settings.ingressHttpPort : undefined),
  });
  return [ingress, dns, names, routes, announcement];
}

/** What pods are told about names. */
export const podDns = (settings: Settings, { serviceCidr }: ClusterIdentity) => ({
  clusterDns: [settings.clusterDns ?? dnsAddress(serviceCidr)],
  clusterDomain: settings.clusterDomain,
});

/** The node's address when it is one of this machine; behind address translation it is not. */
function listenAddress(nodeIp: string | undefined): string {
  return nodeIp !== undefined && ownAddresses().includes(nodeIp) ? nodeIp : hostAddress();
}

const ownAddresses = () =>
  Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));

/** Pods and the node itself: what is asked from elsewhere is none of the cluster's business. */
function ownClients(clusterCidr: string, clock: Clock): (address: string) => boolean {
  const [network = "", bits] = clusterCidr.split("/");
  const pods = new BlockList();
  pods.addSubnet(network, Number(bits), "ipv4");
  let own = new Set<string>();
  let at = Number.NEGATIVE_INFINITY;
  return (address) => {
    if (own.has(address) || pods.check(address, "ipv4")) return true;
    if (clock.now() - at < ownAddressesMs) return false;
    at = clock.now();
    own = new Set(ownAddresses());
    return own.has(address);
  };
}
