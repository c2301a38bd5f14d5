/** A node with real containers and an API server in this process, for tests of the kubelet. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ConfigMaps, Namespaces, ServiceAccounts } from "#api/catalog.ts";
import { type Pod, type PodSpec, Pods } from "#api/core/v1/pod.ts";
import { isAlreadyExists, isNotFound } from "#api/meta/api-error.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import { createApiServer } from "#apiserver/api-server.ts";
import { openFileCheckpoint } from "#checkpoint/file-checkpoint.ts";
import { Caches } from "#client/cache/caches.ts";
import { type Client, createClient } from "#client/client.ts";
import type { Transport } from "#client/transport.ts";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#kit/log.ts";
import { type Running, run } from "#kit/scope.ts";
import { type Kubelet, kubeletComponent } from "#kubelet/kubelet.ts";
import { busyboxArchive } from "#kubelet/runtime/busybox-image.ts";
import { containerd } from "#kubelet/runtime/containerd.ts";
import { containerdPaths } from "#kubelet/runtime/containerd-paths.ts";
import { resetContainerd } from "#kubelet/runtime/containerd-stop.ts";
import { openCriRuntime } from "#kubelet/runtime/cri-runtime.ts";
import { importArchive } from "#kubelet/runtime/image-import.ts";
import type { Runtime } from "#kubelet/runtime/runtime.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";

export const testImage = "docker.io/library/tools:test";

export class RealNode implements AsyncDisposable {
  readonly folder: string;
  readonly client: Client;
  readonly runtime: Runtime;
  kubelet: Kubelet | undefined;
  readonly #api: Transport;
  readonly #close: () => Promise<void>;
  #running: Running | undefined;

  private constructor(folder: string, api: Transport, runtime: Runtime, close: () => Promise<void>) {
    this.folder = folder;
    this.#api = api;
    this.client = createClient(api, { user: { name: "admin", groups: ["system:masters"] } });
    this.runtime = runtime;
    this.#close = close;
  }

  static async open(): Promise<RealNode> {
    const folder = await mkdtemp(join(tmpdir(), "minik8s-node-"));
    const dir = join(folder, "containerd");
    const bridge = `mk8s-k${process.pid % 100_000}`;
    const cgroupRoot = `/minik8s-kubelet-${process.pid}`;
    const { socket } = containerdPaths(dir);
    const log = createLogger({ level: "error" });
    const runtime = await openCriRuntime({ socket });
    const podCidrs = [`10.${160 + (process.pid % 40)}.${(process.pid >> 6) % 250}.0/24`];
    const storage = openMemoryStorage();
    const server = createApiServer({ storage, clock: systemClock, log });
    const running = await run([
      containerd({ dir, bridge, podCidrs, masquerade: false, clock: systemClock, log }, runtime),
      server,
    ]);
    await importArchive(socket, await busyboxArchive({ reference: testImage, files: [] }));
    const node = new RealNode(folder, server, runtime, async () => {
      await running.stop();
      await storage.close();
      runtime.close();
      await resetContainerd(dir, { bridge, cgroupRoot });
      await rm(folder, { recursive: true, force: true });
    });
    try {
      for (const name of ["default", "kube-node-lease"]) await node.#ensureNamespace(name);
      await node.client.create(ServiceAccounts, { metadata: { namespace: "default", name: "default" } });
      const rootCa = { namespace: "default", name: "kube-root-ca.crt" };
      await node.client.create(ConfigMaps, { metadata: rootCa, data: { "ca.crt": "nobody's" } });
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
    return node;
  }

  async #ensureNamespace(name: string): Promise<void> {
    try {
      await this.client.create(Namespaces, { metadata: { name } });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error; // the server has made it itself
    }
  }

  /** Starts an agent; `api` in place of the real one. */
  async startAgent({ api = this.#api }: { api?: Transport } = {}): Promise<void> {
    const clock = systemClock;
    const log = createLogger({ level: "error" });
    const client = createClient(api, { user: { name: "system:node:n1", groups: ["system:nodes"] } });
    const select = (resource: Resource) => (resource === Pods ? { fieldSelector: "spec.nodeName=n1" } : {});
    const caches = new Caches({ client, clock, log, select });
    this.kubelet = kubeletComponent({
      ...{ client, caches, runtime: this.runtime, clock, log },
      nodeName: "n1",
      addresses: ["192.0.2.1"],
      version: "v1.36.0+minik8s",
      dataDir: join(this.folder, "agent"),
      podLogsDir: join(this.folder, "pod-logs"),
      checkpoint: await openFileCheckpoint(join(this.folder, "checkpoint")),
      node: { cgroupRoot: `/minik8s-kubelet-${process.pid}`, relistMs: 1_000 },
    });
    this.#running = await run([caches, this.kubelet]);
  }

  async stopAgent(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  async create(name: string, spec: Draft<PodSpec>, labels: Record<string, string> = {}): Promise<Pod> {
    return this.client.create(Pods, {
      metadata: { namespace: "default", name, labels },
      spec: { nodeName: "n1", ...spec },
    });
  }

  /** The pod once `test` holds for it. */
  async until(name: string, test: (pod: Pod) => boolean, limitMs = 10_000): Promise<Pod> {
    const end = performance.now() + limitMs;
    for (;;) {
      const pod = await this.client.get(Pods, { namespace: "default", name });
      if (test(pod)) return pod;
      if (performance.now() > end) throw new Error(`${name}: ${JSON.stringify(pod.status, undefined, 1)}`);
      await wait(5);
    }
  }

  async gone(name: string, limitMs = 10_000): Promise<void> {
    const end = performance.now() + limitMs;
    for (;;) {
      try {
        await this.client.get(Pods, { namespace: "default", name });
      } catch (error) {
        if (isNotFound(error)) return;
        throw error;
      }
      if (performance.now() > end) throw new Error(`${name} is still there`);
      await wait(10);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgent();
    await this.#close();
  }
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
