import type { Stats } from "node:fs";
import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { VolumeKind } from "./volume.ts";

/** A file or folder of the node itself. Never cleaned up: it is not ours. */
export const hostPath: VolumeKind = {
  folder: "kubernetes.io~host-path",
  handles: ({ hostPath }) => hostPath !== undefined,

  async prepare({ hostPath }) {
    const { path = "", type = "" } = hostPath ?? {};
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (type === "DirectoryOrCreate" && !found) await mkdir(path, { recursive: true, mode: 0o755 });
    else if (type === "FileOrCreate" && !found) await createFile(path);
    else check(path, type, found);
    return path;
  },
};

async function createFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const file: FileHandle = await open(path, "a", 0o644);
  await file.close();
}

const kinds: Readonly<Record<string, { is: (found: Stats) => boolean; text: string }>> = {
  Directory: { is: (found) => found.isDirectory(), text: "a directory" },
  DirectoryOrCreate: { is: (found) => found.isDirectory(), text: "a directory" },
  File: { is: (found) => found.isFile(), text: "a file" },
  FileOrCreate: { is: (found) => found.isFile(), text: "a file" },
  Socket: { is: (found) => found.isSocket(), text: "a socket file" },
  CharDevice: { is: (found) => found.isCharacterDevice(), text: "a character device" },
  BlockDevice: { is: (found) => found.isBlockDevice(), text: "a block device" },
};

function check(path: string, type: string, found: Stats | undefined): void {
  const kind = kinds[type];
  if (kind && !(found && kind.is(found))) throw new Error(`hostPath type check failed: ${path} is not ${kind.text}`);
}
