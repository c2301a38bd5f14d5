import type { ContainerConfig, ContainerSecurity, LinuxResources, Mount, SandboxConfig } from "../runtime.ts";
import { containerNameLabel, podLabels } from "./labels.ts";
import type { Written } from "./messages.ts";

/** What the kubelet wants, in CRI's words. */

/** Hidden from containers that are not privileged: they tell of, or reach, the machine itself. */
const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

const propagations = {
  private: "PROPAGATION_PRIVATE",
  hostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  bidirectional: "PROPAGATION_BIDIRECTIONAL",
} as const;

const optionalNumber = (value: number | undefined) => (value === undefined ? undefined : { value });

function namespaces(sandbox: SandboxConfig): Written<"NamespaceOption"> {
  return {
    network: sandbox.hostNetwork ? "NODE" : "POD",
    pid: sandbox.hostPid ? "NODE" : sandbox.sharePidNamespace ? "POD" : "CONTAINER",
    ipc: sandbox.hostIpc ? "NODE" : "POD",
  };
}

/** `owner` are labels that mark what is ours in a runtime that others use too. */
export function sandboxConfig(
  config: SandboxConfig,
  owner: Readonly<Record<string, string>>,
): Written<"PodSandboxConfig"> {
  const { pod, security } = config;
  return {
    metadata: { name: pod.name, namespace: pod.namespace, uid: pod.uid, attempt: config.attempt },
    hostname: config.hostNetwork ? "" : config.hostname, // the machine's network comes with its name
    log_directory: config.logDirectory,
    dns_config: config.dns,
    port_mappings: config.portMappings.map((mapping) => ({
      protocol: mapping.protocol,
      container_port: mapping.containerPort,
      host_port: mapping.hostPort,
      host_ip: mapping.hostIp,
    })),
    labels: { ...config.labels, ...podLabels(pod), ...owner },
    annotations: config.annotations,
    linux: {
      cgroup_parent: config.cgroupParent,
      sysctls: config.sysctls,
      security_context: {
        namespace_options: namespaces(config),
        run_as_user: optionalNumber(security.runAsUser),
        run_as_group: optionalNumber(security.runAsGroup),
        supplemental_groups: security.supplementalGroups,
        privileged: security.privileged,
        readonly_rootfs: security.readOnlyRootFilesystem,
        // Making a filter takes a third of a sandbox's start, and all that runs in it is a program of four system calls.
        seccomp: { profile_type: "Unconfined" },
      },
    },
  };
}

export function containerConfig(
  config: ContainerConfig,
  sandbox: SandboxConfig,
  owner: Readonly<Record<string, string>>,
): Written<"ContainerConfig"> {
  return {
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.image, user_specified_image: config.userSpecifiedImage },
    command: config.command,
    args: config.args,
    working_dir: config.workingDir,
    envs: config.env.map(({ name, value }) => ({ key: name, value })),
    mounts: config.mounts.map(mountConfig),
    devices: config.devices.map((device) => ({
      container_path: device.containerPath,
      host_path: device.hostPath,
      permissions: device.permissions,
    })),
    labels: { ...config.labels, ...podLabels(sandbox.pod), [containerNameLabel]: config.name, ...owner },
    annotations: config.annotations,
    log_path: config.logPath,
    stdin: config.stdin,
    stdin_once: config.stdinOnce,
    tty: config.tty,
    linux: { resources: resourceConfig(config.resources), security_context: securityConfig(config.security, sandbox) },
  };
}

function mountConfig(mount: Mount): Written<"Mount"> {
  return {
    host_path: mount.hostPath,
    container_path: mount.containerPath,
    readonly: mount.readOnly,
    propagation: propagations[mount.propagation ?? "private"],
  };
}

export function resourceConfig(resources: LinuxResources): Written<"LinuxContainerResources"> {
  return {
    cpu_period: resources.cpuPeriodMicros,
    cpu_quota: resources.cpuQuotaMicros,
    cpu_shares: resources.cpuShares,
    memory_limit_in_bytes: resources.memoryLimitBytes,
    oom_score_adj: resources.oomScoreAdj,
  };
}

function securityConfig(security: ContainerSecurity, sandbox: SandboxConfig): Written<"LinuxContainerSecurityContext"> {
  const privileged = security.privileged ?? false;
  return {
    privileged,
    namespace_options: namespaces(sandbox),
    capabilities: { add_capabilities: security.addCapabilities, drop_capabilities: security.dropCapabilities },
    run_as_user: optionalNumber(security.runAsUser),
    run_as_group: optionalNumber(security.runAsGroup),
    run_as_username: security.runAsUserName,
    supplemental_groups: security.supplementalGroups,
    readonly_rootfs: security.readOnlyRootFilesystem,
    no_new_privs: security.noNewPrivileges,
    masked_paths: privileged ? [] : maskedPaths,
    readonly_paths: privileged ? [] : readOnlyPaths,
    seccomp: { profile_type: "Unconfined" },
  };
}
