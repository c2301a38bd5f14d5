import type { Pod } from "#api/core/v1/pod.ts";
import { hostnameOf } from "./hostname.ts";
import { containersOf } from "./pod-containers.ts";
import { type DnsSettings, podDns } from "./pod-dns.ts";
import { cgroupParentOf } from "./resources.ts";
import type { PodIdentity, SandboxConfig } from "./runtime/runtime.ts";

export interface SandboxContext {
  readonly nodeName: string;
  readonly logDirectory: string;
  readonly dns: DnsSettings;
  readonly cgroupRoot?: string;
}

const identityOf = ({ metadata }: Pick<Pod, "metadata">): PodIdentity => ({
  name: metadata.name,
  namespace: metadata.namespace ?? "",
  uid: metadata.uid,
});

export function sandboxConfig(pod: Pod, attempt: number, context: SandboxContext): SandboxConfig {
  const { spec, metadata } = pod;
  const security = spec.securityContext ?? {};
  const containers = containersOf(pod).map((c) => c.spec);
  return {
    pod: identityOf(pod),
    attempt,
    hostname: hostnameOf(pod, context.nodeName),
    logDirectory: context.logDirectory,
    dns: podDns(pod, context.dns),
    portMappings: portMappings(pod),
    labels: { ...metadata.labels },
    annotations: { ...metadata.annotations },
    cgroupParent: cgroupParentOf(pod, context.cgroupRoot),
    hostNetwork: spec.hostNetwork ?? false,
    hostPid: spec.hostPID ?? false,
    hostIpc: spec.hostIPC ?? false,
    sharePidNamespace: spec.shareProcessNamespace ?? false,
    sysctls: Object.fromEntries((security.sysctls ?? []).map(({ name, value }) => [name, value])),
    security: {
      // A privileged container cannot live in a sandbox that is not.
      ...(containers.some((c) => c.securityContext?.privileged) && { privileged: true }),
      ...(security.runAsUser !== undefined && { runAsUser: security.runAsUser }),
      ...(security.runAsGroup !== undefined && security.runAsUser !== undefined && { runAsGroup: security.runAsGroup }),
      ...(security.supplementalGroups && { supplementalGroups: security.supplementalGroups }),
    },
  };
}

function portMappings({ spec }: Pod): SandboxConfig["portMappings"] {
  if (spec.hostNetwork) return [];
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  return containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => hostPort)
      .map(({ protocol = "TCP", containerPort, hostPort = 0, hostIP = "" }) => ({
        protocol,
        containerPort,
        hostPort,
        hostIp: hostIP,
      })),
  );
}
