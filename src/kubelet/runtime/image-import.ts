import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { archiveNames } from "./archive-names.ts";

export interface ImportOptions {
  readonly signal?: AbortSignal;
}

/**
 * Takes the images in an archive (of `docker save`, or an OCI layout in a tar; gzipped or not) into the containerd behind
 * the socket. Resolves with their full references.
 */
export async function importImage(socket: string, archive: string, { signal }: ImportOptions = {}): Promise<string[]> {
  const zipped = await isZipped(archive).catch((error: Error) => {
    throw new Error(`${archive} cannot be read: ${error.message}`, { cause: error });
  });
  if (!zipped) return importTar(socket, archive, archive, signal);
  return inTemporaryFile(async (plain) => {
    await pipeline(createReadStream(archive), createGunzip(), createWriteStream(plain), { signal });
    return importTar(socket, plain, archive, signal);
  });
}

/** The same for an archive in memory. */
export function importArchive(socket: string, archive: Uint8Array, options?: ImportOptions): Promise<string[]> {
  return inTemporaryFile(async (path) => {
    await writeFile(path, archive);
    return importImage(socket, path, options);
  });
}

/** `shown` is the file that the user knows. */
async function importTar(socket: string, tar: string, shown: string, signal?: AbortSignal): Promise<string[]> {
  const away = (why: string) => new Error(`the container runtime does not answer (${why}): start it with: minik8s up`);
  if (!existsSync(socket)) throw away(`${socket} does not exist`);
  const names = await archiveNames(tar);
  if (!names) throw new Error(`${shown} is no image archive: make one with: docker save -o FILE.tar NAME:TAG`);
  if (names.length === 0) {
    throw new Error(`${shown} has no image with a name in it: save it by its name: docker save -o FILE.tar NAME:TAG`);
  }
  let failure = await ctrImport(socket, tar, "overlayfs", signal);
  // As containerd 1 and 2 say that they do not have it.
  if (/snapshotter not loaded|no unpack platforms/.test(failure ?? ""))
    failure = await ctrImport(socket, tar, "native", signal);
  if (failure === undefined) return names;
  if (/connect: |connection refused|failed to dial|context deadline exceeded/.test(failure)) {
    throw away(failure);
  }
  throw new Error(`${shown} could not be imported: ${failure}`);
}

/** Resolves with what went wrong. */
function ctrImport(
  socket: string,
  tar: string,
  snapshotter: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const args = [
    "-a",
    socket,
    "--connect-timeout",
    "5s",
    "-n",
    "k8s.io",
    "images",
    "import",
    "--snapshotter",
    snapshotter,
    tar,
  ];
  return new Promise((resolve, reject) => {
    execFile("ctr", args, { signal, maxBuffer: 64 * 1024 * 1024 }, (error, _, stderr) => {
      if (!error) resolve(undefined);
      else if (error.code === "ENOENT") reject(new Error("ctr was not found: apt-get install containerd"));
      else if (signal?.aborted) reject(signal.reason);
      else resolve(/^ctr: (.*)/ms.exec(stderr)?.[1]?.trim() ?? error.message);
    });
  });
}

async function isZipped(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return buffer[0] === 0x1f && buffer[1] === 0x8b;
}

async function inTemporaryFile<T>(use: (path: string) => Promise<T>): Promise<T> {
  const path = join(tmpdir(), `minik8s-image-${randomUUID()}.tar`);
  try {
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}
