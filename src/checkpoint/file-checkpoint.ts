import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "./checkpoint.ts";

/** One file a key in a folder of its own. A file gets its name only when its content is on disk, so a half one is never seen. */
export async function openFileCheckpoint(folder: string): Promise<Checkpoint> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeLeftovers(folder);
  /** The last write of each key under way: writes of one key follow each other, so that the last one asked for wins. */
  const writing = new Map<string, Promise<void>>();
  let sequence = 0;

  const inTurn = (key: string, write: () => Promise<void>): Promise<void> => {
    const before = writing.get(key) ?? Promise.resolve();
    // What became of the write before is its own caller's business.
    const mine = before.catch(() => {}).then(write);
    writing.set(key, mine);
    return mine.finally(() => writing.get(key) === mine && writing.delete(key));
  };

  return {
    async load() {
      const values = new Map<string, Uint8Array>();
      for (const name of await readdir(folder)) {
        if (!name.endsWith(valueSuffix)) continue;
        values.set(decodeURIComponent(name.slice(0, -valueSuffix.length)), await readFile(join(folder, name)));
      }
      return values;
    },

    save: (key, value) =>
      inTurn(key, async () => {
        const draft = join(folder, `${process.pid}-${sequence++}${draftSuffix}`);
        await writeDurably(draft, value);
        await rename(draft, fileOf(folder, key));
        await syncFolder(folder);
      }),

    remove: (key) =>
      inTurn(key, async () => {
        await rm(fileOf(folder, key), { force: true });
        await syncFolder(folder);
      }),
  };
}

const valueSuffix = ".value";
const draftSuffix = ".draft";

const fileOf = (folder: string, key: string) => join(folder, `${encodeURIComponent(key)}${valueSuffix}`);

async function writeDurably(path: string, value: Uint8Array): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(value);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is durable only once the folder itself is on disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(draftSuffix)) await rm(join(folder, name), { force: true });
  }
}
