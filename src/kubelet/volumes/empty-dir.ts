import { chmod, chown, mkdir } from "node:fs/promises";
import { quantityValue } from "#schema/quantity.ts";
import { isMounted, mountMemory } from "./host-mounts.ts";
import type { VolumeKind } from "./volume.ts";

/** An empty folder, or memory, that lives as long as the pod. */
export const emptyDir: VolumeKind = {
  folder: "kubernetes.io~empty-dir",
  handles: ({ emptyDir }) => emptyDir !== undefined,

  async prepare({ emptyDir = {} }, { folder, pod }) {
    const { medium, sizeLimit } = emptyDir;
    const fsGroup = pod.spec.securityContext?.fsGroup;
    await mkdir(folder, { recursive: true });
    if (medium === "Memory" && !(await isMounted(folder)))
      await mountMemory(folder, sizeLimit === undefined ? undefined : quantityValue(sizeLimit));
    // Anyone in the pod may write there, whatever the umask of the agent and the user inside.
    await chmod(folder, fsGroup === undefined ? 0o777 : 0o2777);
    if (fsGroup !== undefined) await chown(folder, -1, fsGroup);
    return folder;
  },
};
