import type { Node, NodeStatus } from "./node.ts";

export function deriveNode(node: Node): void {
  if (node.status) return;
  node.status = {};
  deriveNodeStatus(node.status);
}

const unknownInfo = {
  machineID: "",
  systemUUID: "",
  bootID: "",
  kernelVersion: "",
  osImage: "",
  containerRuntimeVersion: "",
  kubeletVersion: "",
  kubeProxyVersion: "",
  operatingSystem: "",
  architecture: "",
};

/** Nothing is kept back for the system unless the node says so. */
export function deriveNodeStatus(status: NodeStatus): void {
  if (status.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  status.daemonEndpoints ??= {};
  status.daemonEndpoints.kubeletEndpoint ??= { Port: 0 };
  status.nodeInfo ??= { ...unknownInfo };
}
