import { join } from "node:path";
import type { Pod } from "#api/core/v1/pod.ts";

type Named = Pick<Pod, "metadata">;

/** Where the files of pods lie, as every tool that looks into a node expects. */
export function podPaths(dataDir: string, logsDir: string) {
  const pods = join(dataDir, "pods");
  const pod = ({ metadata }: Named, ...parts: string[]) => join(pods, metadata.uid, ...parts);
  const log = ({ metadata }: Named, ...parts: string[]) =>
    join(logsDir, `${metadata.namespace}_${metadata.name}_${metadata.uid}`, ...parts);
  return {
    pods,
    logs: logsDir,
    pod,
    volume: (owner: Named, kind: string, name: string) => pod(owner, "volumes", kind, name),
    hosts: (owner: Named) => pod(owner, "etc-hosts"),
    message: (owner: Named, container: string, attempt: number) => pod(owner, "containers", container, String(attempt)),
    log,
  };
}

/** The names that a log folder is made of; `undefined` for a folder that is none. */
export function parseLogFolder(name: string): { namespace: string; name: string; uid: string } | undefined {
  const [namespace, pod, uid, ...rest] = name.split("_");
  return namespace && pod && uid && rest.length === 0 ? { namespace, name: pod, uid } : undefined;
}
