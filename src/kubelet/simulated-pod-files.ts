import type { Pod } from "#api/core/v1/pod.ts";
import type { PodFiles } from "./pod-files.ts";
import { VolumeError } from "./pod-files.ts";
import type { References } from "./references.ts";
import { referencedByVolumes } from "./volumes/volume-references.ts";

/** For nodes whose pods are data: nothing is written, but what is missing is missed. */
export function simulatedPodFiles(references: References): PodFiles {
  return {
    logDirectory: () => "",
    async prepare(pod: Pod) {
      const namespace = pod.metadata.namespace ?? "";
      for (const { volume, kind, name, optional } of referencedByVolumes(pod)) {
        if (optional) continue;
        const found = await (kind === "secret"
          ? references.secret(namespace, name)
          : references.configMap(namespace, name));
        if (!found) throw new VolumeError(volume, `${kind} "${name}" not found`);
      }
    },
    mounts: async () => [],
    async writeHosts() {},
    terminationMessage: async () => undefined,
    async pruneLogs() {},
    async cleanUp() {},
    leftovers: async () => [],
  };
}
