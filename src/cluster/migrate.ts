import { builtinResources } from "#api/catalog.ts";
import { type Entry, type Storage, StorageConflict } from "#storage/storage.ts";

/** Everything that an API server keeps; the mark of a migration lies among it, where no kind of objects is. */
const root = "registry/";
const markKey = `${root}minik8s.io/migration`;
const fillerPrefix = `${root}minik8s.io/filler/`;
const pageSize = 500;
/** Writes at once. */
const width = 64;

export interface MigrateOptions {
  readonly from: Storage;
  readonly to: Storage;
  /** Says what is going on. */
  readonly report: (step: string) => void;
  readonly signal: AbortSignal;
}

export interface Migrated {
  readonly objects: number;
  /** Those that had been there from an earlier, broken off attempt are not counted. */
  readonly written: number;
}

/**
 * Makes one storage hold what another holds, and reads all of it back. May be broken off and repeated. Throws an Error with
 * one clear sentence when the target has a cluster of its own, or when the source was written to meanwhile.
 */
export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const { from, to, report, signal } = options;
  const revision = await from.revision();
  const mark = await claim(to);
  let objects = 0;
  let written = 0;
  for await (const page of pages(from, signal)) {
    const copied = await inParallel(page, (entry) => copy(entry, to));
    objects += page.length;
    written += copied.filter(Boolean).length;
    report(`${objects} objects copied`);
  }
  if (objects === 0) throw new Error("there is nothing to move: the source is empty");
  await removeOthers(options);
  await fill(to, revision, options);
  report("comparing");
  await compare(options);
  if ((await from.revision()) !== revision)
    throw new Error("the source was written to meanwhile: stop its servers, then repeat");
  await to.write({ key: markKey, value: Buffer.from("done"), expect: mark });
  return { objects, written };
}

/** Marks the target as being written by us; gives the mark's revision. */
async function claim(to: Storage): Promise<number> {
  const mark = await to.get(markKey);
  if (mark && Buffer.from(mark.value).toString() === "begun") return mark.revision;
  const { entries } = await to.list({ prefix: root, limit: 2 });
  if (entries.some(({ key }) => key !== markKey)) {
    throw new Error(
      mark
        ? "the target was filled by a migration that has ended: start the server on it, or give it an empty place"
        : "the target holds a cluster already: give it an empty place",
    );
  }
  const { revision } = await to.write({ key: markKey, value: Buffer.from("begun"), expect: mark?.revision ?? 0 });
  return revision;
}

async function* pages(storage: Storage, signal: AbortSignal): AsyncGenerator<readonly Entry[]> {
  let after = "";
  for (;;) {
    signal.throwIfAborted();
    const { entries, more } = await storage.list({ prefix: root, limit: pageSize, ...(after && { after }) });
    const wanted = entries.filter(({ key }) => !isOurs(key));
    if (wanted.length > 0) yield wanted;
    if (!more) return;
    after = entries.at(-1)!.key;
  }
}

const isOurs = (key: string) => key === markKey || key.startsWith(fillerPrefix);

/** Whether it had to be written. */
async function copy({ key, value }: Entry, to: Storage): Promise<boolean> {
  const there = await to.get(key);
  if (there && Buffer.compare(there.value, value) === 0) return false;
  const ttlSeconds = lifeOf(key);
  await to.write({ key, value, expect: there?.revision ?? 0, ...(ttlSeconds !== undefined && { ttlSeconds }) });
  return true;
}

const lives = new Map(builtinResources.map(({ storageName, ttlSeconds }) => [storageName, ttlSeconds]));

/** Where the storage itself forgets old events, they have to be given a time to live. */
const lifeOf = (key: string): number | undefined => lives.get(key.slice(root.length).split("/")[0] ?? "");

/** What was deleted in the source after an earlier attempt had copied it. */
async function removeOthers({ from, to, signal }: MigrateOptions): Promise<void> {
  for await (const page of pages(to, signal)) {
    await inParallel(page, async ({ key, revision }) => {
      if (!(await from.get(key))) await to.write({ key, value: undefined, expect: revision });
    });
  }
}

/**
 * Writes until the target's revision is not below the source's: clients compare resourceVersions, and those that they have
 * seen must not lie in the future.
 */
async function fill(to: Storage, revision: number, { report, signal }: MigrateOptions): Promise<void> {
  const left = revision - (await to.revision());
  if (left > 0) report(`raising the revision by ${left}`);
  const each = Math.ceil(Math.max(left, 0) / width);
  await inParallel(
    Array.from({ length: width }, (_, i) => `${fillerPrefix}${i}`),
    async (key) => {
      let expect = (await to.get(key))?.revision ?? 0;
      for (let i = 0; i < each; i++) {
        signal.throwIfAborted();
        expect = (await to.write({ key, value: Buffer.from("0"), expect })).revision;
      }
      if (expect > 0) await to.write({ key, value: undefined, expect });
    },
  );
}

/** Object by object, both ways. */
async function compare({ from, to, signal }: MigrateOptions): Promise<void> {
  for await (const page of pages(from, signal)) {
    for (const { key, value } of page) {
      const there = await to.get(key);
      if (!there && lifeOf(key) !== undefined) continue; // it has ended its life meanwhile
      if (!there || Buffer.compare(there.value, value) !== 0)
        throw new Error(`${key} is not the same in the target: repeat`);
    }
  }
  for await (const page of pages(to, signal)) {
    for (const { key } of page) if (!(await from.get(key))) throw new Error(`${key} is in the target alone: repeat`);
  }
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const workers = Array.from({ length: width }, async () => {
    for (const [i, item] of queue) results[i] = await work(item);
  });
  try {
    await Promise.all(workers);
  } catch (error) {
    if (error instanceof StorageConflict)
      throw new Error(`somebody else writes to the target: ${error.message}`, { cause: error });
    throw error;
  }
  return results;
}
