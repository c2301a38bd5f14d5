import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { containerdPaths } from "#kubelet/runtime/containerd-paths.ts";
import { resetContainerd, stopContainerd } from "#kubelet/runtime/containerd-stop.ts";
import { openCriRuntime } from "#kubelet/runtime/cri-runtime.ts";
import { IptablesBackend } from "#kubeproxy/backend/iptables.ts";
import { NftablesBackend } from "#kubeproxy/backend/nftables.ts";
import type { Layout } from "./layout.ts";
import { eraseLocalServices } from "./local-services.ts";
import { kernelNames } from "./node-names.ts";
import { findProgram } from "./preflight.ts";

/** How long containers get to end by themselves when a cluster is stopped. */
const graceSeconds = 5;

/** Stops our containerd and its containers; resolves with whether any ran. */
export async function stopContainers(layout: Layout): Promise<boolean> {
  const { socket } = containerdPaths(layout.containerd);
  await using runtime = await openCriRuntime({ socket });
  return stopContainerd(layout.containerd, { graceSeconds, runtime });
}

/**
 * Notes which backend routes Services. The chains of iptables have the names of kube-proxy's own: they are taken away only
 * where it is known that they are ours.
 */
export async function rememberProxy({ proxyBackend }: Layout, name: string): Promise<void> {
  await mkdir(dirname(proxyBackend), { recursive: true });
  const before = await readFile(proxyBackend, "utf8").catch(() => "");
  if (!before.split("\n").includes(name)) await appendFile(proxyBackend, `${name}\n`);
}

/** Takes away what a node leaves in the kernel and on disk: mounts, bridge, cgroups, rules, images. */
export async function eraseNode(layout: Layout, suffix: string): Promise<void> {
  const { bridge, table, localTable, cgroup } = kernelNames(suffix);
  const backends = await readFile(layout.proxyBackend, "utf8").catch(() => ""); // none was ever used
  if (backends.split("\n").includes("iptables")) await new IptablesBackend({ clusterCidr: "0.0.0.0/0" }).cleanup();
  await resetContainerd(layout.containerd, { bridge, cgroupRoot: cgroup });
  if (!findProgram("nft") || process.getuid?.() !== 0) return; // then no rules can have been made
  await new NftablesBackend({ table, clusterCidr: "0.0.0.0/0" }).cleanup();
  await eraseLocalServices(localTable);
}
