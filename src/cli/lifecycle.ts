import { existsSync } from "node:fs";
import { down, reset } from "#cluster/down.ts";
import { mergeKubeconfig } from "#cluster/kubeconfig-merge.ts";
import { layoutOf } from "#cluster/layout.ts";
import { agentSettings, serverSettings } from "#cluster/settings.ts";
import { clusterStatus } from "#cluster/status.ts";
import { up } from "#cluster/up.ts";
import { type Command, type Output, UsageError } from "./command.ts";
import { settingFlags, settingsOf } from "./settings-flags.ts";

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** The command that runs this very program. */
const self = () => [process.execPath, ...process.execArgv, process.argv[1] as string];

const upCommand: Command = {
  name: "up",
  summary: "start a cluster in the background and wait until its node is Ready",
  flags: settingFlags(...new Set([...serverSettings, ...agentSettings])),
  async run(invocation) {
    const { out, signal } = invocation;
    const begun = performance.now();
    const settings = settingsOf(invocation);
    const { identity, layout, already } = await up(settings, {
      self: self(),
      report: (step) => out.progress(`${step} …`),
      signal,
    });
    const words = already ? "is running already" : `is Ready after ${seconds(begun)}`;
    out.done(`Node ${identity.nodeName} ${words}: https://127.0.0.1:${identity.port}`);
    out.line(`export KUBECONFIG=${layout.kubeconfig}`);
  },
};

const downCommand: Command = {
  name: "down",
  summary: "stop everything that up has started; data stays",
  flags: settingFlags("dataDir"),
  async run(invocation) {
    const { out } = invocation;
    const ran = await down(settingsOf(invocation), { report: (step) => out.progress(`${step} …`) });
    out.done(ran ? "Stopped." : "Nothing was running.");
  },
};

const resetCommand: Command = {
  name: "reset",
  summary: "stop the cluster and erase its data, rules, networks and containers",
  flags: [...settingFlags("dataDir"), { spec: "--yes", help: "erase without asking" }],
  async run(invocation) {
    const { out, flags } = invocation;
    const settings = settingsOf(invocation);
    if (!flags.yes && !(await confirmed(out, settings.dataDir)))
      throw new UsageError("nothing was erased: say --yes to erase");
    const existed = await reset(settings, { report: (step) => out.progress(`${step} …`) });
    out.done(existed ? `Erased the cluster in ${settings.dataDir}.` : `There was no cluster in ${settings.dataDir}.`);
  },
};

async function confirmed(out: Output, folder: string): Promise<boolean> {
  if (!out.stdin.isTTY) return false;
  const { createInterface } = await import("node:readline/promises");
  const asking = createInterface({ input: out.stdin, output: process.stderr });
  const answer = await asking.question(`Erase the cluster in ${folder} with all its data? (yes/no) `);
  asking.close();
  return answer.trim() === "yes";
}

const statusCommand: Command = {
  name: "status",
  summary: "tell what runs; exit status 0 only when the cluster is up and its nodes are Ready",
  flags: settingFlags("dataDir"),
  async run(invocation) {
    const { lines, healthy } = await clusterStatus(settingsOf(invocation));
    for (const line of lines) invocation.out.line(line);
    return healthy ? 0 : 1;
  },
};

const kubeconfigCommand: Command = {
  name: "kubeconfig",
  summary: "print the path of the admin kubeconfig",
  flags: [
    ...settingFlags("dataDir"),
    {
      spec: "--merge [FILE]",
      help: "add the cluster to your own kubeconfig (default ~/.kube/config) and make it current",
    },
    { spec: "--raw", help: "print its content instead of its path" },
  ],
  async run(invocation) {
    const { out, flags } = invocation;
    const { kubeconfig } = layoutOf(settingsOf(invocation).dataDir);
    if (!existsSync(kubeconfig))
      throw new UsageError(`there is no cluster yet (${kubeconfig} is missing): start one with minik8s up`);
    if (flags.raw) {
      const { readFile } = await import("node:fs/promises");
      await out.write(await readFile(kubeconfig));
    } else if (flags.merge) {
      const { file, context } = await mergeKubeconfig(
        kubeconfig,
        typeof flags.merge === "string" ? flags.merge : undefined,
      );
      out.done(`${file} now has the context ${context}, and it is the current one.`);
    } else {
      out.line(kubeconfig);
    }
  },
};

const serverCommand: Command = {
  name: "server",
  summary: "run the control plane in the foreground",
  flags: settingFlags(...serverSettings),
  async run(invocation) {
    const { runServer } = await import("#cluster/server.ts");
    await runServer(settingsOf(invocation), invocation.signal);
  },
};

const agentCommand: Command = {
  name: "agent",
  summary: "run a node in the foreground",
  flags: settingFlags(...agentSettings),
  async run(invocation) {
    const { runAgent } = await import("#cluster/agent.ts");
    await runAgent(settingsOf(invocation), invocation.signal);
  },
};

export const lifecycleCommands: readonly Command[] = [
  upCommand,
  downCommand,
  resetCommand,
  statusCommand,
  kubeconfigCommand,
  serverCommand,
  agentCommand,
];
