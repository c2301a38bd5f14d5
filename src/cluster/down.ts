import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { uninstallHostNames } from "./host-names.ts";
import { readIdentity, suffixFor } from "./identity.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { eraseNode, stopContainers } from "./node-leftovers.ts";
import { stopDaemon } from "./processes.ts";
import type { Settings } from "./settings.ts";

export interface DownOptions {
  report(step: string): void;
}

/** Stops all that `up` started: agent, server, containers and containerd. Data stays. Resolves with whether anything ran. */
export async function down(settings: Settings, { report }: DownOptions): Promise<boolean> {
  const layout = layoutOf(settings.dataDir);
  report("Stopping the agent");
  const agent = await stopDaemon(layout.pidFile("agent"));
  report("Stopping the server");
  const server = await stopDaemon(layout.pidFile("server"));
  report("Stopping containers");
  const containers = await stopContainers(layout);
  return agent || server || containers;
}

/** `down`, and then erases data, rules, networks and containers. Says what it could not erase. */
export async function reset(settings: Settings, options: DownOptions): Promise<boolean> {
  const layout = layoutOf(settings.dataDir);
  const suffix = suffixOf(layout);
  const existed = existsSync(layout.dataDir);
  await down(settings, options);
  options.report("Erasing containers, networks and rules");
  if (suffix !== undefined) {
    await eraseNode(layout, suffix);
    await uninstallHostNames(settings.hostsFile, suffix);
  }
  options.report("Erasing data");
  // Only what is ours: the folder may be one that the user has put other things into.
  for (const path of [
    layout.identity,
    layout.kubeconfig,
    layout.server,
    layout.agent,
    layout.containerd,
    layout.logs,
    layout.run,
  ]) {
    await rm(path, { recursive: true, force: true });
  }
  return existed;
}

/** Worked out from the folder when the cluster's own file is damaged or of another version: what it left can still be erased. */
function suffixOf(layout: Layout): string | undefined {
  if (!existsSync(layout.dataDir)) return undefined;
  try {
    return readIdentity(layout)?.suffix ?? suffixFor(layout);
  } catch {
    return suffixFor(layout);
  }
}
