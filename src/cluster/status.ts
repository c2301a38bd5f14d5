import { Nodes, Pods } from "#api/catalog.ts";
import { connect } from "./connect.ts";
import { readIdentity } from "./identity.ts";
import { layoutOf } from "./layout.ts";
import { runningDaemon } from "./processes.ts";
import type { Settings } from "./settings.ts";
import { isReady } from "./up.ts";

/** What runs of the cluster in the data folder, for people to read; healthy = it is up and every node is Ready. */
export async function clusterStatus(
  settings: Pick<Settings, "dataDir">,
): Promise<{ lines: string[]; healthy: boolean }> {
  const layout = layoutOf(settings.dataDir);
  const identity = readIdentity(layout);
  if (!identity)
    return { lines: [`There is no cluster in ${layout.dataDir}: start one with minik8s up`], healthy: false };
  const server = runningDaemon(layout.pidFile("server"));
  const agent = runningDaemon(layout.pidFile("agent"));
  const told = (daemon: { pid: number } | undefined) => (daemon ? `running (pid ${daemon.pid})` : "not running");
  const lines = [
    `data folder  ${layout.dataDir}`,
    `server       ${told(server)}, https://127.0.0.1:${identity.port}`,
    `agent        ${told(agent)}`,
  ];
  try {
    const client = await connect(layout.kubeconfig);
    const [nodes, pods] = await Promise.all([client.list(Nodes), client.list(Pods)]);
    const ready = nodes.items.filter(isReady);
    const running = pods.items.filter((pod) => pod.status?.phase === "Running");
    lines.push(
      `nodes        ${ready.length} of ${nodes.items.length} Ready`,
      `pods         ${running.length} of ${pods.items.length} running`,
    );
    return {
      lines,
      healthy: Boolean(server && agent) && nodes.items.length > 0 && ready.length === nodes.items.length,
    };
  } catch (error) {
    lines.push(`API server   does not answer: ${(error as Error).message}`);
    return { lines, healthy: false };
  }
}
