import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { access, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ImportOptions {
  readonly snapshotter?: "overlayfs" | "native";
  readonly signal?: AbortSignal;
}

/**
 * Takes the images in an archive (of `docker save`, or an OCI layout in a tar) into the containerd behind the socket.
 * Resolves with their references. The file may be large: it is read by containerd's own tool.
 */
export async function importImage(
  socket: string,
  archivePath: string,
  { snapshotter = "overlayfs", signal }: ImportOptions = {},
): Promise<string[]> {
  await access(archivePath).catch((error: Error) => {
    throw new Error(`${archivePath} cannot be read: ${error.message}`, { cause: error });
  });
  const args = ["-a", socket, "-n", "k8s.io", "images", "import", "--snapshotter", snapshotter, archivePath];
  const { output, failure } = await ctr(args, signal);
  if (failure !== undefined) throw new Error(importProblem(archivePath, failure));
  const references = [...output.matchAll(/^unpacking (\S+) \(sha256:/gm)].map(([, reference]) => reference as string);
  if (references.length > 0) return references;
  throw new Error(`${archivePath} has no image with a name in it: save it with its name, as in: docker save NAME:TAG`);
}

/** The same for an archive in memory. */
export async function importArchive(socket: string, archive: Uint8Array, options?: ImportOptions): Promise<string[]> {
  const path = join(tmpdir(), `minik8s-image-${randomUUID()}.tar`);
  try {
    await writeFile(path, archive);
    return await importImage(socket, path, options);
  } finally {
    await rm(path, { force: true });
  }
}

function ctr(args: readonly string[], signal?: AbortSignal): Promise<{ output: string; failure?: string }> {
  return new Promise((resolve, reject) => {
    execFile("ctr", args, { signal, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve({ output: stdout });
      if (error.code === "ENOENT") return reject(new Error("ctr was not found: apt-get install containerd"));
      if (signal?.aborted) return reject(signal.reason);
      resolve({ output: stdout, failure: stderr.trim().replace(/^ctr: /, "") || error.message });
    });
  });
}

function importProblem(path: string, failure: string): string {
  if (/unrecognized image format|unexpected EOF|invalid tar header|archive\/tar/.test(failure)) {
    return `${path} is no image archive (${failure}): make one with: docker save NAME:TAG > FILE.tar`;
  }
  if (/connect: |connection refused|failed to dial|context deadline exceeded/.test(failure)) {
    return `the container runtime does not answer (${failure}): start it with: minik8s up`;
  }
  return `${path} could not be imported: ${failure}`;
}
