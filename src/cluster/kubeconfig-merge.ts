import { mkdir, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { formatKubeconfig, loadKubeconfig, mergeKubeconfigs } from "#client/kubeconfig.ts";

/** Adds what is in `own` to the user's kubeconfig and makes its context the current one; the rest stays as it is. */
export async function mergeKubeconfig(
  own: string,
  file = join(homedir(), ".kube", "config"),
): Promise<{ file: string; context: string }> {
  const ours = await loadKubeconfig([own]);
  const merged = mergeKubeconfigs([ours, await loadKubeconfig([file])]);
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.minik8s-new`;
  await writeFile(draft, await formatKubeconfig(merged), { mode: 0o600 });
  await rename(draft, file);
  return { file, context: ours["current-context"] ?? "" };
}
