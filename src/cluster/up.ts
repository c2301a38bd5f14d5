import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { Nodes } from "#api/catalog.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Client } from "#client/client.ts";
import { connect } from "./connect.ts";
import { type ClusterIdentity, ensureIdentity } from "./identity.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { checkDataFolder, checkNode, checkPort } from "./preflight.ts";
import { runningDaemon, spawnDaemon } from "./processes.ts";
import { agentSettings, type SettingName, type Settings, serverSettings, toFlags } from "./settings.ts";

export interface UpOptions {
  /** The command that runs this very program: our own Node and bundle. */
  readonly self: readonly string[];
  /** Says what is going on. */
  report(step: string): void;
  readonly signal: AbortSignal;
}

export interface UpResult {
  readonly identity: ClusterIdentity;
  readonly layout: Layout;
  readonly node: Node;
  /** Whether server and agent were running already. */
  readonly already: boolean;
}

/** A daemon ended while we waited for it; says so with the end of its log. */
class DaemonEnded extends Error {}

const startTimeoutMs = 60_000;

/** Brings server and agent up in the background, whichever of them does not run yet, and waits until the node is Ready. */
export async function up(settings: Settings, { self, report, signal }: UpOptions): Promise<UpResult> {
  const layout = layoutOf(settings.dataDir);
  checkNode(settings);
  checkDataFolder(layout);
  const identity = await ensureIdentity(layout, settings);
  const server = runningDaemon(layout.pidFile("server"));
  const agent = runningDaemon(layout.pidFile("agent"));
  if (!server) {
    await checkPort(identity.port, settings.bindAddress);
    report("Starting the server");
    start("server", serverSettings);
  }
  if (!agent) start("agent", agentSettings);

  report("Waiting for the API server");
  const client = await patiently(layout, "server", signal, () => reachable(layout));
  report("Waiting for the node to be Ready");
  const node = await patiently(layout, "agent", signal, () => readyNode(client, identity.nodeName));
  return { identity, layout, node, already: Boolean(server && agent) };

  function start(role: "server" | "agent", names: readonly SettingName[]): void {
    const command = [...self, role, ...toFlags(settings, names)];
    spawnDaemon(command, { pidFile: layout.pidFile(role), logFile: layout.logFile(role) });
  }
}

/** Asks again every few milliseconds until there is an answer, the daemon has ended, or it takes too long. */
async function patiently<T>(
  layout: Layout,
  role: "server" | "agent",
  signal: AbortSignal,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + startTimeoutMs;
  let last: unknown;
  for (;;) {
    signal.throwIfAborted();
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error; // not up yet; told when the time is over
    }
    if (!runningDaemon(layout.pidFile(role))) throw new DaemonEnded(`the ${role} ended: ${lastWords(layout, role)}`);
    if (Date.now() > deadline) {
      const why = last instanceof Error ? last.message : lastWords(layout, role);
      throw new Error(
        `the ${role} is not ready after ${startTimeoutMs / 1000} s (${why}); its log is ${layout.logFile(role)}`,
      );
    }
    await wait(20, undefined, { signal });
  }
}

async function reachable(layout: Layout): Promise<Client | undefined> {
  if (!existsSync(layout.kubeconfig)) return undefined;
  const client = await connect(layout.kubeconfig);
  await client.list(Nodes, { limit: 1 });
  return client;
}

async function readyNode(client: Client, name: string): Promise<Node | undefined> {
  const { items } = await client.list(Nodes);
  return items.find((node) => node.metadata.name === name && isReady(node));
}

export function isReady(node: Node): boolean {
  return (node.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

/** The last message of a daemon's log that says what went wrong. */
function lastWords(layout: Layout, role: string): string {
  const file = layout.logFile(role);
  if (!existsSync(file)) return "it has written no log";
  const lines = readFileSync(file, "utf8").trim().split("\n").slice(-50).toReversed();
  for (const line of lines) {
    const message = messageOf(line);
    if (message) return message;
  }
  return `see ${file}`;
}

function messageOf(line: string): string | undefined {
  try {
    const { level, msg, err } = JSON.parse(line);
    return level >= 50 ? [msg, err?.message].filter(Boolean).join(": ") : undefined;
  } catch {
    return line.trim() || undefined; // not a log message: what Node prints when it dies
  }
}
