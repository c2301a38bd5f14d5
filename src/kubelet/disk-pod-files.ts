import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Logger } from "#kit/log.ts";
import type { AccountTokens } from "./account-tokens.ts";
import type { PodPlace } from "./field-path.ts";
import { domainOf } from "./hostname.ts";
import { hostsFile, nodeHostsFile } from "./hosts-file.ts";
import { logTail } from "./log-tail.ts";
import { type PodFiles, VolumeError } from "./pod-files.ts";
import { parseLogFolder, podPaths } from "./pod-paths.ts";
import type { References } from "./references.ts";
import type { Allocatable } from "./resource-field.ts";
import type { Mount } from "./runtime/runtime.ts";
import { emptyDir } from "./volumes/empty-dir.ts";
import { unmountBelow } from "./volumes/host-mounts.ts";
import { hostPath } from "./volumes/host-path.ts";
import { volumeMounts } from "./volumes/mounts.ts";
import type { VolumeKind } from "./volumes/volume.ts";
import { configMapVolume, downwardVolume, projectedVolume, secretVolume } from "./volumes/written-volumes.ts";

export interface DiskPodFilesOptions {
  readonly dataDir: string;
  readonly logsDir?: string | undefined;
  readonly references: References;
  readonly tokens: AccountTokens;
  readonly allocatable: Allocatable;
  readonly clusterDomain: string;
  readonly log: Logger;
}

const kinds: readonly VolumeKind[] = [
  emptyDir,
  hostPath,
  configMapVolume,
  secretVolume,
  downwardVolume,
  projectedVolume,
];

const longestMessage = 4096;

/** Real files below the data folder. Nothing is kept in memory that a restarted agent could not find again. */
export function diskPodFiles(options: DiskPodFilesOptions): PodFiles {
  const { references, tokens, allocatable, clusterDomain, log } = options;
  const paths = podPaths(options.dataDir, options.logsDir ?? join(options.dataDir, "pod-logs"));

  /** Makes every volume ready; the paths by name. Preparing is idempotent, so it also serves to find them again. */
  async function volumePaths(pod: Pod, place: PodPlace): Promise<Map<string, string>> {
    const prepared = await Promise.all(
      (pod.spec.volumes ?? []).map(async (spec): Promise<[string, string]> => {
        const kind = kinds.find((k) => k.handles(spec));
        try {
          if (!kind) throw new Error(`no volume plugin matched for ${Object.keys(spec).filter((k) => k !== "name")}`);
          const folder = paths.volume(pod, kind.folder, spec.name);
          return [spec.name, await kind.prepare(spec, { pod, place, references, tokens, allocatable, folder })];
        } catch (error) {
          throw new VolumeError(spec.name, (error as Error).message, { cause: error });
        }
      }),
    );
    return new Map(prepared);
  }

  const mountPaths = (pod: Pod): Map<string, string> =>
    new Map(
      (pod.spec.volumes ?? []).map((spec) => {
        const kind = kinds.find((k) => k.handles(spec));
        return [spec.name, spec.hostPath?.path ?? paths.volume(pod, kind?.folder ?? "", spec.name)];
      }),
    );

  async function managedFiles(pod: Pod, spec: Pod["spec"]["containers"][number], attempt: number): Promise<Mount[]> {
    const mounts: Mount[] = [];
    if (spec.terminationMessagePath) {
      const file = paths.message(pod, spec.name, attempt);
      await mkdir(dirname(file), { recursive: true, mode: 0o755 });
      // Anyone may write: whatever user the container runs as.
      await writeFile(file, "", { mode: 0o666 });
      mounts.push({ hostPath: file, containerPath: spec.terminationMessagePath, readOnly: false });
    }
    const ownsHosts = (spec.volumeMounts ?? []).some(({ mountPath }) => mountPath === "/etc/hosts");
    if (!ownsHosts && (!pod.spec.hostNetwork || pod.spec.hostAliases?.length)) {
      if (pod.spec.hostNetwork)
        await writeFile(paths.hosts(pod), nodeHostsFile(pod, await readFile("/etc/hosts", "utf8")));
      mounts.push({ hostPath: paths.hosts(pod), containerPath: "/etc/hosts", readOnly: false });
    }
    return mounts;
  }

  return {
    logDirectory: (pod) => paths.log(pod),

    async prepare(pod, place) {
      await mkdir(paths.pod(pod), { recursive: true, mode: 0o750 });
      await volumePaths(pod, place);
    },

    async mounts(pod, spec, attempt, env) {
      await mkdir(paths.log(pod, spec.name), { recursive: true, mode: 0o755 });
      return [...(await volumeMounts(spec, mountPaths(pod), env)), ...(await managedFiles(pod, spec, attempt))];
    },

    async writeHosts(pod, hostname, podIPs) {
      const domain = domainOf(pod, hostname, clusterDomain);
      await mkdir(paths.pod(pod), { recursive: true, mode: 0o750 });
      await writeFile(paths.hosts(pod), hostsFile(pod, podIPs, hostname, domain), { mode: 0o644 });
    },

    async terminationMessage(pod, spec, { attempt, exitCode }) {
      if (!spec.terminationMessagePath) return undefined;
      const written = await readFile(paths.message(pod, spec.name, attempt), "utf8").catch(() => ""); // it never got so far
      if (written !== "") return written.slice(0, longestMessage);
      if (spec.terminationMessagePolicy !== "FallbackToLogsOnError" || exitCode === 0) return undefined;
      return (await logTail(paths.log(pod, spec.name, `${attempt}.log`))) || undefined;
    },

    async pruneLogs(pod, container, attempt) {
      const kept = [attempt, attempt - 1].map((n) => `${n}.log`);
      const folder = paths.log(pod, container);
      const names = await readdir(folder).catch(() => []); // the pod has just been cleaned up
      const old = names.filter((name) => !kept.some((log) => name.startsWith(log)));
      await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
    },

    async cleanUp(pod) {
      await unmountBelow(paths.pod(pod));
      await rm(paths.pod(pod), { recursive: true, force: true });
      await rm(paths.log(pod), { recursive: true, force: true });
      tokens.forget(pod.metadata.uid);
    },

    async leftovers() {
      const names = await readdir(paths.logs).catch(() => []); // nothing ever ran here
      const known = names.map(parseLogFolder).filter((found) => found !== undefined);
      const uids = await readdir(paths.pods).catch(() => []);
      const nameless = uids.filter((uid) => !known.some((k) => k.uid === uid));
      log.debug({ pods: known.length + nameless.length }, "pods that left files");
      return [...known, ...nameless.map((uid) => ({ namespace: "", name: "", uid }))].map(
        ({ namespace, name, uid }) => ({
          metadata: { namespace, name, uid, resourceVersion: "", creationTimestamp: "" },
        }),
      );
    },
  };
}
