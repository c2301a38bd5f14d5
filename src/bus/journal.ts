import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** What happened to a message on its way to a group. A `put` replaces an earlier one of the same number. */
export type JournalRecord =
  | { readonly do: "join"; readonly topic: string; readonly group: string }
  | { readonly do: "done"; readonly topic: string; readonly group: string; readonly number: number }
  | {
      readonly do: "put";
      readonly topic: string;
      readonly group: string;
      readonly number: number;
      readonly id: string;
      readonly attempt: number;
      readonly reason?: string | undefined;
      /** Milliseconds since the epoch. */
      readonly due: number;
      /** In base64. */
      readonly body: string;
    };

/** Rewritten when it has grown by this much beyond what it had to hold the last time. Bytes. */
const growth = 16 * 1024 * 1024;

/** A file of lines, each flushed before it counts. Those that came while a flush was under way share the next one. */
export class Journal {
  readonly #folder: string;
  /** All that must not be forgotten now. */
  readonly #everything: () => JournalRecord[];
  #file: FileHandle | undefined;
  #size = 0;
  #sizeThen = 0;
  #waiting: string[] = [];
  #flush: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  private constructor(folder: string, everything: () => JournalRecord[]) {
    this.#folder = folder;
    this.#everything = everything;
  }

  /** `rewrite` must be called once before anything is appended. */
  static async open(folder: string, everything: () => JournalRecord[]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const records = recordsOf(await readFile(pathIn(folder), "utf8").catch(emptyIfMissing));
    return { journal: new Journal(folder, everything), records };
  }

  /** Resolves when the records would survive a power cut. */
  append(records: readonly JournalRecord[]): Promise<void> {
    this.#waiting.push(...records.map(lineOf));
    this.#flush ??= this.#inTurn(() => this.#writeWaiting());
    return this.#flush;
  }

  /** Leaves nothing in the file but what must not be forgotten. */
  rewrite(): Promise<void> {
    return this.#inTurn(() => this.#rewrite());
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    // what became of the work before is its own caller's business
    this.#last = this.#last.catch(() => {}).then(work);
    return this.#last;
  }

  async #writeWaiting(): Promise<void> {
    this.#flush = undefined;
    const lines = Buffer.from(this.#waiting.splice(0).join(""));
    if (!this.#file) throw new Error("the bus is closed");
    await this.#file.appendFile(lines);
    await this.#file.datasync();
    this.#size += lines.length;
    if (this.#size > this.#sizeThen + growth) await this.#rewrite();
  }

  async #rewrite(): Promise<void> {
    const lines = Buffer.from(this.#everything().map(lineOf).join(""));
    const file = await open(`${pathIn(this.#folder)}.new`, "w", 0o600);
    await file.writeFile(lines);
    await file.sync();
    await rename(`${pathIn(this.#folder)}.new`, pathIn(this.#folder));
    const folder = await open(this.#folder, "r");
    await folder.sync(); // a rename counts only then
    await folder.close();
    await this.#file?.close();
    this.#file = file;
    this.#size = lines.length;
    this.#sizeThen = lines.length;
  }
}

const pathIn = (folder: string) => join(folder, "journal");
const lineOf = (record: JournalRecord) => `${JSON.stringify(record)}\n`;

function emptyIfMissing(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}

/** Up to where a crash tore a line. */
function recordsOf(text: string): JournalRecord[] {
  const lines = text.split("\n").slice(0, -1); // after the last line that is whole
  return lines.map((line) => JSON.parse(line) as JournalRecord);
}
