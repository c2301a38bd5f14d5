import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";

/** Kernel settings without which pods do not reach each other or Services. */
const wanted: readonly { readonly path: string; readonly value: string; readonly without: string }[] = [
  {
    path: "/proc/sys/net/ipv4/ip_forward",
    value: "1",
    without: "pods reach neither other nodes nor Services",
  },
  {
    path: "/proc/sys/net/bridge/bridge-nf-call-iptables",
    value: "1",
    without: "a pod that calls a Service backed by a pod of the same node gets no answer",
  },
];

/** Prepares the machine's network for pods; resolves with a sentence for each thing that could not be set. */
export async function prepareHostNetwork(): Promise<string[]> {
  const bridgeSetting = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  if (read(bridgeSetting) === undefined) await loadModule("br_netfilter");
  return wanted.flatMap(({ path, value, without }) => {
    const problem = set(path, value);
    return problem === undefined ? [] : [`${path} could not be set to ${value} (${problem}): ${without}`];
  });
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
  await promisify(execFile)("modprobe", [name]).catch(() => {});
}
