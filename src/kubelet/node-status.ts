import type { NodeCondition, NodeStatus } from "#api/core/v1/node.ts";
import { timestamp } from "#api/meta/time.ts";
import type { MachineFacts } from "./machine.ts";
import type { Condition, Image } from "./runtime/runtime.ts";

export interface NodeStatusFacts {
  readonly nodeName: string;
  readonly addresses: readonly string[];
  readonly machine: MachineFacts;
  /** `containerd://1.6.20`. */
  readonly runtimeVersion: string;
  readonly kubeletVersion: string;
  /** The port of the kubelet's own API; 0 when it has none. */
  readonly port: number;
  readonly maxPods: number;
  readonly images: readonly Image[];
  readonly runtimeReady: Condition;
  readonly networkReady: Condition;
  readonly now: number;
}

/** Under these amounts the node is under pressure. */
const leastMemoryBytes = 100 * 2 ** 20;
const leastPidShare = 0.1;
/** Ten percent as elsewhere, but on the large disks of people's own machines a few GiB are enough. */
const leastDiskBytes = (total: number) => Math.min(total * 0.1, 2 * 2 ** 30);

const reportedImages = 50;

export function nodeStatus(facts: NodeStatusFacts, previous: readonly NodeCondition[]): NodeStatus {
  const { machine, nodeName, addresses, port } = facts;
  return {
    capacity: capacityOf(facts),
    allocatable: allocatableOf(facts),
    conditions: nodeConditions(facts, previous),
    addresses: [
      ...addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: facts.kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: machine.architecture,
    },
    images: facts.images
      .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, reportedImages)
      .map(({ digests, tags, sizeBytes }) => ({ names: [...digests, ...tags], sizeBytes })),
  };
}

function capacityOf({ machine, maxPods }: NodeStatusFacts): Record<string, string> {
  return {
    cpu: String(machine.cpus),
    "ephemeral-storage": `${Math.floor(machine.diskBytes / 1024)}Ki`,
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(maxPods),
  };
}

/** Capacity without what must stay free for the node to live. */
export function allocatableOf(facts: Pick<NodeStatusFacts, "machine" | "maxPods">): Record<string, string> {
  const { machine } = facts;
  return {
    ...capacityOf(facts as NodeStatusFacts),
    "ephemeral-storage": String(Math.floor(machine.diskBytes * 0.9)),
    memory: `${Math.floor((machine.memoryBytes - leastMemoryBytes) / 1024)}Ki`,
  };
}

type Finding = Pick<NodeCondition, "type" | "status"> & { reason: string; message: string };

function nodeConditions(facts: NodeStatusFacts, previous: readonly NodeCondition[]): NodeCondition[] {
  const { machine, now } = facts;
  const freePids = machine.pids - machine.pidsUsed;
  const findings: Finding[] = [
    pressure("MemoryPressure", machine.memoryAvailableBytes < leastMemoryBytes, [
      ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
      ["KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    ]),
    pressure("DiskPressure", machine.diskAvailableBytes < leastDiskBytes(machine.diskBytes), [
      ["KubeletHasDiskPressure", "kubelet has disk pressure"],
      ["KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    ]),
    pressure("PIDPressure", machine.pids > 0 && freePids < machine.pids * leastPidShare, [
      ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
      ["KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    ]),
    readiness(facts),
  ];
  return findings.map((finding) => {
    const before = previous.find(({ type }) => type === finding.type);
    const kept = before?.status === finding.status ? before.lastTransitionTime : undefined;
    return { ...finding, lastHeartbeatTime: timestamp(now), lastTransitionTime: kept ?? timestamp(now) };
  });
}

type Words = readonly [reason: string, message: string];

function pressure(type: string, under: boolean, [yes, no]: readonly [Words, Words]): Finding {
  const [reason, message] = under ? yes : no;
  return { type, status: under ? "True" : "False", reason, message };
}

function readiness({ runtimeReady, networkReady }: NodeStatusFacts): Finding {
  const words = ({ reason, message }: Condition, type: string) => `${type}=false reason:${reason} message:${message}`;
  const problems = [
    ...(runtimeReady.ok ? [] : [`container runtime not ready: ${words(runtimeReady, "RuntimeReady")}`]),
    ...(networkReady.ok ? [] : [`container runtime network not ready: ${words(networkReady, "NetworkReady")}`]),
  ];
  if (problems.length === 0)
    return { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" };
  const message = problems.length === 1 ? (problems[0] as string) : `[${problems.join(", ")}]`;
  return { type: "Ready", status: "False", reason: "KubeletNotReady", message };
}

/** The labels that every node has. */
export const nodeLabels = (nodeName: string, architecture: string): Record<string, string> => ({
  "beta.kubernetes.io/arch": architecture,
  "beta.kubernetes.io/os": "linux",
  "kubernetes.io/arch": architecture,
  "kubernetes.io/hostname": nodeName,
  "kubernetes.io/os": "linux",
});
