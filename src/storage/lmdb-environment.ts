import { closeSync, existsSync, mkdirSync, openSync, readSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase, type Transaction } from "lmdb";
import { formatVersion } from "./lmdb-records.ts";
import { isElsewhereAlive, type Owner, thisProcess } from "./store-owner.ts";

/** The files of one store: who holds it may write it. */
export interface Environment {
  /** Entries by key. */
  readonly current: Database<Buffer, string>;
  /** Undo records by revision. */
  readonly log: Database<Buffer, number>;
  /** Figures that go with what was committed. */
  readonly figures: Database<number, string>;
  /** Everything that `write` puts and removes becomes durable, or nothing does. Resolves after the disk has been flushed. */
  commit(write: () => PromiseLike<unknown>[]): Promise<void>;
  /** Reads with one view of the store, across turns. */
  reading<T>(read: (transaction: Transaction) => Promise<T> | T): Promise<T>;
  close(): Promise<void>;
}

/** LMDB must not be opened twice by one process, and the owner's record cannot tell the two apart. */
const openHere = new Set<string>();

/** Where the first page of an LMDB file says what it is. */
const magicOffset = 24;
const magic = 0xbeefc0de;

const freeSpaceThatIsNone = 1024 * 1024;

/** Throws an Error with one clear sentence when the folder is held by another process, has another format or cannot be used. */
export function openEnvironment(folder: string): Environment {
  if (openHere.has(folder)) throw new Error(`the store in ${folder} is open in this process already`);
  const root = openFiles(folder);
  const owners = root.openDB<Owner, string>({ name: "owners", encoding: "json" });
  const figures = root.openDB<number, string>({ name: "figures", encoding: "json" });
  try {
    // LMDB lets one process at a time into this, so of two that start together one sees the other
    root.transactionSync(() => claim(folder, { owners, figures }));
  } catch (error) {
    void root.close();
    throw error;
  }
  openHere.add(folder);
  const readers = new Set<Promise<unknown>>();
  return {
    current: root.openDB<Buffer, string>({ name: "current", encoding: "binary" }),
    log: root.openDB<Buffer, number>({ name: "log", encoding: "binary" }),
    figures,
    commit: (write) => commit(root, folder, write),
    reading(read) {
      const reading = readIn(root, read);
      const ended = reading.catch(() => {}).finally(() => readers.delete(ended));
      readers.add(ended);
      return reading;
    },
    async close() {
      await Promise.all(readers); // a transaction that outlives the environment would read unmapped memory
      await owners.remove("writer");
      await root.close();
      openHere.delete(folder);
    },
  };
}

async function readIn<T>(root: RootDatabase, read: (transaction: Transaction) => Promise<T> | T): Promise<T> {
  const transaction = root.useReadTransaction();
  try {
    return await read(transaction);
  } finally {
    transaction.done();
  }
}

function openFiles(folder: string): RootDatabase {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    checkHeader(join(folder, "data.mdb"));
    // without `overlappingSync` LMDB flushes the pages, then writes the page that makes them count past the disk's
    // cache, both on a thread of its own, and only then resolves the promise of a write
    return open({
      path: folder,
      noSubdir: false,
      overlappingSync: false,
      eventTurnBatching: false,
      encoding: "binary",
      maxDbs: 8,
    });
  } catch (error) {
    throw new Error(`cannot open the store in ${folder}: ${(error as Error).message}`, { cause: error });
  }
}

/** LMDB maps a file that is none of its own without looking, and takes the process down with it. */
function checkHeader(file: string): void {
  if (!existsSync(file)) return;
  const header = Buffer.alloc(magicOffset + 4);
  const opened = openSync(file, "r");
  const length = readSync(opened, header, 0, header.length, 0);
  closeSync(opened);
  if (length === 0) return; // made, but never written: LMDB starts it anew
  if (length < header.length || header.readUInt32LE(magicOffset) !== magic)
    throw new Error("data.mdb is damaged, or no file of LMDB");
}

interface Books {
  readonly owners: Database<Owner, string>;
  readonly figures: Database<number, string>;
}

function claim(folder: string, { owners, figures }: Books): void {
  const owner = owners.get("writer");
  if (owner && isElsewhereAlive(owner))
    throw new Error(
      `the store in ${folder} is in use by process ${owner.pid}: one process at a time writes an LMDB store; stop that one, or use etcd for several`,
    );
  const format = figures.get("format") ?? formatVersion;
  if (format !== formatVersion)
    throw new Error(
      `the store in ${folder} has format ${format}, this version of minik8s reads format ${formatVersion}: use the version that wrote it`,
    );
  figures.putSync("format", formatVersion);
  owners.putSync("writer", thisProcess());
}

async function commit(root: RootDatabase, folder: string, write: () => PromiseLike<unknown>[]): Promise<void> {
  let parts: PromiseLike<unknown>[] = [];
  try {
    const whole = root.batch(() => {
      parts = write();
    });
    await Promise.all([whole, ...parts]);
  } catch (error) {
    await Promise.allSettled(parts);
    const cause = await causeOf(error);
    const full = isFull(folder) ? ": the disk is full" : "";
    throw new Error(`the store in ${folder} could not be written: ${cause.message}${full}`, { cause });
  }
}

/** A failed commit carries its reason as a promise that rejects. */
async function causeOf(error: unknown): Promise<Error> {
  const { commitError } = error as { commitError?: Promise<never> };
  if (!commitError) return error as Error;
  return commitError.catch((reason: Error) => reason);
}

function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < freeSpaceThatIsNone;
  } catch {
    return false; // this only adds to the message of an error that is being told
  }
}
