import type { Container } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { quantityMilliValue, quantityValue } from "#schema/quantity.ts";
import { type QosClass, qosClassOf } from "./qos.ts";
import type { LinuxResources } from "./runtime/runtime.ts";

const minShares = 2;
const maxShares = 262_144;
export const periodMicros = 100_000;
const minQuotaMicros = 1_000;

/** What the kernel is told about a container; the runtime turns shares into weights where cgroups are of version 2. */
export function linuxResources(pod: Pod, container: Container, memoryBytes: number): LinuxResources {
  const limits = container.resources?.limits ?? {};
  const cpu = container.resources?.requests?.cpu ?? limits.cpu;
  return {
    cpuShares: cpu === undefined ? minShares : sharesOf(quantityMilliValue(cpu)),
    ...(limits.cpu !== undefined && {
      cpuQuotaMicros: Math.max(Math.floor((quantityMilliValue(limits.cpu) * periodMicros) / 1000), minQuotaMicros),
      cpuPeriodMicros: periodMicros,
    }),
    ...(limits.memory !== undefined && { memoryLimitBytes: quantityValue(limits.memory) }),
    oomScoreAdj: oomScoreAdjust(pod, container, memoryBytes),
  };
}

/** A thousandth of a core as a share of CPU time. */
export function sharesOf(milliCpu: number): number {
  return Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), minShares), maxShares);
}

/** Who is killed first when memory runs out: who was promised nothing, then who was promised little. */
function oomScoreAdjust(pod: Pod, container: Container, memoryBytes: number): number {
  if ((pod.spec.priority ?? 0) >= nodeCritical) return -997;
  const qos = qosClassOf(pod.spec);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const request = container.resources?.requests?.memory;
  const score = 1000 - Math.floor((1000 * (request === undefined ? 0 : quantityValue(request))) / memoryBytes);
  // Between the two others, whatever the request: 3 is just above Guaranteed, 999 just below BestEffort.
  return Math.min(Math.max(score, 1000 - 997), 999);
}

/** The priority of the class system-node-critical. */
const nodeCritical = 2_000_001_000;

export const defaultCgroupRoot = "/kubepods";

/** The folder of a class of pods in the cgroup tree, as cgroupfs names it. */
export function classFolder(qos: QosClass, root = defaultCgroupRoot): string {
  return root + { Guaranteed: "", Burstable: "/burstable", BestEffort: "/besteffort" }[qos];
}

export function cgroupParentOf(pod: Pod, root = defaultCgroupRoot): string {
  return `${classFolder(qosClassOf(pod.spec), root)}/pod${pod.metadata.uid}`;
}
