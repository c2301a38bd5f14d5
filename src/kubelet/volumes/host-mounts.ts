import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Mounts memory there, at most `sizeBytes` of it. */
export async function mountMemory(folder: string, sizeBytes: number | undefined): Promise<void> {
  const options = sizeBytes === undefined ? "defaults" : `size=${sizeBytes}`;
  await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
}

/** The kernel's list is the truth, also after a restart of the agent. */
export async function isMounted(folder: string): Promise<boolean> {
  return (await mountPoints()).includes(folder);
}

/**
 * Unmounts the folder and all that is mounted below it, the deepest first. Must come before a removal: what is mounted
 * there, by us or by a pod whose mounts propagate to the host, may be somebody's data.
 */
export async function unmountBelow(folder: string): Promise<void> {
  const below = (await mountPoints()).filter((point) => point === folder || point.startsWith(`${folder}/`));
  for (const point of below.reverse()) await run("umount", [point]);
}

/** In the order in which they were mounted. */
async function mountPoints(): Promise<string[]> {
  const lines = (await readFile("/proc/self/mounts", "utf8")).split("\n");
  return lines.map((line) =>
    (line.split(" ")[1] ?? "").replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    ),
  );
}
