import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { quantityValue } from "#schema/quantity.ts";
import type { VolumeKind } from "./volume.ts";

const run = promisify(execFile);

/** An empty folder, or memory, that lives as long as the pod. */
export const emptyDir: VolumeKind = {
  folder: "kubernetes.io~empty-dir",
  handles: ({ emptyDir }) => emptyDir !== undefined,

  async prepare({ emptyDir = {} }, { folder, pod }) {
    const fsGroup = pod.spec.securityContext?.fsGroup;
    await mkdir(folder, { recursive: true });
    if (emptyDir.medium === "Memory" && !(await isMounted(folder))) {
      const options = emptyDir.sizeLimit === undefined ? "defaults" : `size=${quantityValue(emptyDir.sizeLimit)}`;
      await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
    }
    // Anyone in the pod may write there, whatever the umask of the agent and the user inside.
    await chmod(folder, fsGroup === undefined ? 0o777 : 0o2777);
    if (fsGroup !== undefined) await chown(folder, -1, fsGroup);
    return folder;
  },

  async cleanUp(folder) {
    if (await isMounted(folder)) await run("umount", [folder]);
  },
};

/** The kernel's list is the truth, also after a restart of the agent. */
async function isMounted(folder: string): Promise<boolean> {
  const mounts = await readFile("/proc/self/mounts", "utf8");
  const escaped = folder.replaceAll("\\", "\\134").replaceAll(" ", "\\040");
  return mounts.split("\n").some((line) => line.split(" ")[1] === escaped);
}
