import { type FileHandle, open, stat } from "node:fs/promises";
import type { Clock } from "#kit/clock.ts";
import { FileChanges } from "./file-changes.ts";
import { type LogFilter, LogFormatter } from "./log-formatter.ts";
import { tailStart } from "./tail-start.ts";

export interface LogOptions extends LogFilter {
  /** Go on with what is written from now on, until the container has ended. */
  readonly follow?: boolean;
  /** Begin with this many lines before the end of the file. */
  readonly tailLines?: number;
}

export interface LogSource {
  readonly path: string;
  /** Whether more may be written. */
  isRunning(): boolean | Promise<boolean>;
  readonly clock: Clock;
}

const chunkBytes = 64 * 1024;

/**
 * What a container wrote, piece by piece; nothing is read before it is asked for. Ends quietly when the signal aborts.
 * Throws ENOENT when there is no log.
 */
export async function* readLog(source: LogSource, options: LogOptions, signal: AbortSignal): AsyncGenerator<Buffer> {
  // Before the first look at the file, so that nothing falls between.
  using changes = options.follow ? new FileChanges(source.path, source.clock) : undefined;
  await using log = await LogFile.open(source.path, options);
  const formatter = new LogFormatter(options);
  let ended = false;
  while (!signal.aborted && !formatter.full) {
    const chunk = await log.read();
    if (chunk) {
      const text = formatter.push(chunk);
      if (text.length > 0) yield text;
    } else if (changes && !ended) {
      if (await log.follow()) continue;
      // Looked at once more after the end, for what was written between the last read and the end.
      if (!(await source.isRunning())) ended = true;
      else await changes.wait(signal);
    } else break;
  }
  const last = formatter.flush();
  if (last.length > 0 && !signal.aborted) yield last;
}

/** A log file read from some point on, through its rotations. */
class LogFile implements AsyncDisposable {
  readonly #path: string;
  #file: FileHandle;
  #position: number;
  /** Nothing from here on is read: so many lines were asked for, and more may have been written since they were counted. */
  readonly #end: number;
  /** Another file has taken the path's place; this one is read to its end first. */
  #replaced = false;

  private constructor(path: string, file: FileHandle, from: number, end: number) {
    this.#path = path;
    this.#file = file;
    this.#position = from;
    this.#end = end;
  }

  static async open(path: string, { tailLines, follow }: LogOptions): Promise<LogFile> {
    const file = await open(path);
    try {
      if (tailLines === undefined) return new LogFile(path, file, 0, Number.POSITIVE_INFINITY);
      const { size } = await file.stat();
      const from = await tailStart(file, size, tailLines);
      return new LogFile(path, file, from, follow ? Number.POSITIVE_INFINITY : size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The next piece, `undefined` at the end as it is now. */
  async read(): Promise<Buffer | undefined> {
    const most = Math.min(chunkBytes, this.#end - this.#position);
    const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(most), 0, most, this.#position);
    if (bytesRead === 0) return undefined;
    this.#position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  /** At the end: whether there is more to read because the file was rotated or emptied. */
  async follow(): Promise<boolean> {
    const [mine, current] = await Promise.all([this.#file.stat(), stat(this.#path).catch(() => undefined)]);
    // While it is being rotated there is no file of that name; the old one is still written to.
    if (!current) return false;
    if (current.ino === mine.ino && current.dev === mine.dev) {
      if (current.size >= this.#position) return false;
      this.#position = 0;
      return true;
    }
    if (!this.#replaced) {
      this.#replaced = true;
      return true;
    }
    const next = await open(this.#path);
    await this.#file.close();
    this.#file = next;
    this.#position = 0;
    this.#replaced = false;
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
