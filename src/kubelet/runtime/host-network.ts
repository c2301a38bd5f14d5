import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

interface KernelSetting {
  readonly path: string;
  readonly value: string;
  readonly without: string;
}

const bridgeSetting: KernelSetting = {
  path: "/proc/sys/net/bridge/bridge-nf-call-iptables",
  value: "1",
  without: "a pod that calls a Service backed by a pod of the same node gets no answer",
};
const wanted: readonly KernelSetting[] = [
  { path: "/proc/sys/net/ipv4/ip_forward", value: "1", without: "pods reach neither other nodes nor Services" },
  bridgeSetting,
];

/**
 * Prepares the machine's network for pods on the bridge: kernel settings, and leave to forward where a firewall (as
 * Docker's) forbids it by default. Resolves with a sentence for each thing that could not be done.
 */
export async function prepareHostNetwork(bridge: string): Promise<string[]> {
  if (read(bridgeSetting.path) === undefined) await loadModule("br_netfilter");
  const problems = wanted.flatMap(({ path, value, without }) => {
    const problem = set(path, value);
    return problem === undefined ? [] : [`${path} could not be set to ${value} (${problem}): ${without}`];
  });
  return [...problems, ...(await allowForwarding(bridge))];
}

const forwardRules = (bridge: string) => [
  ["FORWARD", "-i", bridge, "-j", "ACCEPT"],
  ["FORWARD", "-o", bridge, "-j", "ACCEPT"],
];

/** Always, since a firewall may come up after us. One after the other: they change the same table. */
async function allowForwarding(bridge: string): Promise<string[]> {
  try {
    for (const rule of forwardRules(bridge)) {
      if (!(await iptables("-C", rule))) await run("iptables", ["-w", "-I", ...rule]);
    }
    return [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // a machine without iptables has no such firewall
    return [`iptables cannot allow forwarding on ${bridge} (${(error as Error).message}): a firewall may cut pods off`];
  }
}

/** Takes the rules of prepareHostNetwork away; kernel settings stay, since others may need them by now. */
export async function forgetHostNetwork(bridge: string): Promise<void> {
  for (const rule of forwardRules(bridge)) while (await iptables("-D", rule).catch(() => false)); // all of them
}

/** Whether the command found the rule. */
async function iptables(command: "-C" | "-D", rule: readonly string[]): Promise<boolean> {
  try {
    await run("iptables", ["-w", command, ...rule]);
    return true;
  } catch (error) {
    if (typeof (error as { code?: unknown }).code === "number") return false;
    throw error;
  }
}

function set(path: string, value: string): string | undefined {
  const present = read(path);
  if (present === undefined) return "this kernel does not have it";
  if (present === value) return undefined;
  try {
    writeFileSync(path, value);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined; // the kernel, or the module that has it, is not there
  }
}

/** Part of the kernel on some machines, so a failure says nothing: whether the setting exists afterwards does. */
async function loadModule(name: string): Promise<void> {
  await run("modprobe", [name]).catch(() => {});
}
