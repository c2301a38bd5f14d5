import type { Container, FilesystemUsage, Image, Sandbox, SandboxStats } from "../runtime.ts";
import { podOf } from "./labels.ts";
import type { Read } from "./messages.ts";

/** What the runtime says, in the kubelet's words. */

const milliseconds = (nanoseconds: number) => Math.floor(nanoseconds / 1e6);

const states = {
  CONTAINER_CREATED: "created",
  CONTAINER_RUNNING: "running",
  CONTAINER_EXITED: "exited",
  CONTAINER_UNKNOWN: "unknown",
} as const;

export function containerOf(status: Read<"ContainerStatus">): Container {
  const state = states[status.state] ?? "unknown";
  return {
    id: status.id,
    name: status.metadata?.name ?? "",
    attempt: status.metadata?.attempt ?? 0,
    state,
    image: status.image?.user_specified_image || status.image?.image || "",
    imageRef: status.image_ref,
    createdAt: milliseconds(status.created_at),
    ...(status.started_at > 0 && { startedAt: milliseconds(status.started_at) }),
    ...(state === "exited" && exitOf(status)),
    ...(status.message && { message: status.message }),
    labels: status.labels,
    annotations: status.annotations,
    ...(status.log_path && { logPath: status.log_path }),
  };
}

/** A shell's convention, which runtimes follow: 128 + the signal that ended the process. */
function exitOf(status: Read<"ContainerStatus">) {
  const { exit_code: exitCode, finished_at: finishedAt, reason } = status;
  return {
    exitCode,
    ...(finishedAt > 0 && { finishedAt: milliseconds(finishedAt) }),
    ...(exitCode > 128 && exitCode <= 128 + 64 && { signal: exitCode - 128 }),
    reason: reason || (exitCode === 0 ? "Completed" : "Error"),
  };
}

export function sandboxOf(status: Read<"PodSandboxStatus">, containers: readonly Container[]): Sandbox {
  const ips = [status.network?.ip ?? "", ...(status.network?.additional_ips.map(({ ip }) => ip) ?? [])];
  return {
    id: status.id,
    pod: podOf(status.labels),
    attempt: status.metadata?.attempt ?? 0,
    ready: status.state === "SANDBOX_READY",
    createdAt: milliseconds(status.created_at),
    ips: ips.filter((ip) => ip !== ""),
    labels: status.labels,
    annotations: status.annotations,
    containers: containers.toSorted((a, b) => a.createdAt - b.createdAt || a.attempt - b.attempt),
  };
}

export function imageOf(image: Read<"Image">): Image {
  const user = image.uid ? { uid: image.uid.value } : image.username ? { name: image.username } : undefined;
  return {
    id: image.id,
    tags: image.repo_tags,
    digests: image.repo_digests,
    sizeBytes: image.size,
    ...(user && { user }),
  };
}

/** `sandboxes` has the sandbox of each container. */
export function statsOf(
  stats: readonly Read<"ContainerStats">[],
  sandboxes: ReadonlyMap<string, string>,
): SandboxStats[] {
  const bySandbox = new Map<string, SandboxStats & { containers: SandboxStats["containers"][number][] }>();
  for (const { attributes, cpu, memory } of stats) {
    const sandboxId = sandboxes.get(attributes?.id ?? "");
    if (!attributes || !sandboxId || !cpu || !memory) continue;
    let entry = bySandbox.get(sandboxId);
    if (!entry) {
      entry = { sandboxId, pod: podOf(attributes.labels), containers: [] };
      bySandbox.set(sandboxId, entry);
    }
    entry.containers.push({
      name: attributes.metadata?.name ?? "",
      at: milliseconds(cpu.timestamp),
      cpuNanoseconds: cpu.usage_core_nano_seconds?.value ?? 0,
      memoryWorkingSetBytes: memory.working_set_bytes?.value ?? 0,
    });
  }
  return [...bySandbox.values()];
}

export function filesystemOf(usage: Read<"FilesystemUsage">): FilesystemUsage {
  return {
    mountpoint: usage.fs_id?.mountpoint ?? "",
    usedBytes: usage.used_bytes?.value ?? 0,
    usedInodes: usage.inodes_used?.value ?? 0,
  };
}
