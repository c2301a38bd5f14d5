import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { formatKubeconfig, newKubeconfig } from "#client/kubeconfig.ts";
import { systemClock } from "#kit/clock.ts";
import { createLogger, type Logger } from "#kit/log.ts";
import { type Component, run } from "#kit/scope.ts";
import { addressIn, hostAddress } from "./addresses.ts";
import { dnsAddress } from "./cluster-services.ts";
import { controlPlane } from "./control-plane.ts";
import { openStorage } from "./engines.ts";
import { type ClusterIdentity, ensureIdentity } from "./identity.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { openPki, type Pki } from "./pki.ts";
import { checkDataFolder } from "./preflight.ts";
import type { Settings } from "./settings.ts";

/** Runs the control plane until the signal aborts or a part of it fails. */
export async function runServer(settings: Settings, signal: AbortSignal): Promise<void> {
  const log = createLogger({ level: settings.logLevel, name: "server" });
  try {
    await serve(settings, signal, log);
  } catch (error) {
    if (signal.aborted) return;
    log.fatal({ err: error }, "the server cannot go on");
    throw error;
  }
}

async function serve(settings: Settings, signal: AbortSignal, log: Logger): Promise<void> {
  const layout = layoutOf(settings.dataDir);
  checkDataFolder(layout);
  const identity = await ensureIdentity(layout, settings);
  const address = settings.advertiseAddress ?? hostAddress();
  const [storage, pki] = await Promise.all([
    openStorage(settings.etcdServers ?? settings.storage, layout.storage),
    openPki({
      dir: layout.pki,
      names: [address, hostname(), identity.nodeName],
      serviceIp: addressIn(identity.serviceCidr, 1),
      clock: systemClock,
    }),
  ]);
  await writeAccess(layout, identity, pki, address);
  const { components } = controlPlane({
    storage,
    pki,
    host: settings.bindAddress,
    port: identity.port,
    serviceCidr: identity.serviceCidr,
    clusterDns: settings.clusterDns ?? dnsAddress(identity.serviceCidr),
    advertiseAddress: address,
    schedulerStrategy: settings.schedulerStrategy,
    clock: systemClock,
    log,
    ...(settings.tokenAuthFile && { tokens: await readFile(settings.tokenAuthFile, "utf8") }),
    ...(settings.clientCaFile && { clientCa: await readFile(settings.clientCaFile, "utf8") }),
  });
  const store: Component = { name: "storage", start: async (scope) => scope.defer(() => storage.close()) };
  await using running = await run([store, ...components]);
  log.info({ port: identity.port }, "the API server is ready");
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  if (signal.aborted) return;
  await Promise.race([stopped, running.failed]);
  log.info("stopping");
}

/** Lets the admin and this machine's own node in: a kubeconfig for each, and the node's serving certificate. */
async function writeAccess(layout: Layout, identity: ClusterIdentity, pki: Pki, address: string): Promise<void> {
  const { nodeName, port } = identity;
  const server = `https://127.0.0.1:${port}`;
  const ca = pki.ca.cert;
  const node = await pki.nodeClient(nodeName);
  const serving = await pki.nodeServing(nodeName, [address, "127.0.0.1"]);
  const name = `minik8s-${identity.suffix}`;
  const admin = newKubeconfig(name, { server, ca, user: `${name}-admin`, ...pki.admin });
  await Promise.all([
    writePrivate(layout.kubeletCert, serving.cert),
    writePrivate(layout.kubeletKey, serving.key),
    writePrivate(layout.kubeletCa, ca),
    writePrivate(layout.kubeconfig, await formatKubeconfig(admin)),
  ]);
  const agent = newKubeconfig(name, { server, ca, user: `system:node:${nodeName}`, ...node });
  await writePrivate(layout.agentKubeconfig, await formatKubeconfig(agent)); // last: the agent takes it as the sign to go on
}

async function writePrivate(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
