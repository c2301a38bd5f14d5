/** What of a log a client wants to see, of the lines it is given. */
export interface LogFilter {
  /** Put each line's own time before it. */
  readonly timestamps?: boolean;
  /** Milliseconds since the epoch: older lines are left out. */
  readonly since?: number;
  /** The output ends, perhaps within a line, when it has this many bytes. */
  readonly limitBytes?: number;
  readonly stream?: "stdout" | "stderr";
}

const newline = 0x0a;
const space = 0x20;
const colon = 0x3a;
const partialTag = 0x50; // P
const none = Buffer.alloc(0);

/**
 * Turns the text of a CRI log file into what the container wrote. Each line of the file is `time stream tags text`;
 * one that the runtime had to cut is tagged P, and goes on in the next line.
 */
export class LogFormatter {
  readonly #filter: LogFilter;
  /** A line of which the end has not been read yet. */
  #rest: Buffer = none;
  #left: number;
  #atLineStart = true;

  constructor(filter: LogFilter = {}) {
    this.#filter = filter;
    this.#left = filter.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Nothing more will come out, whatever goes in. */
  get full(): boolean {
    return this.#left <= 0;
  }

  /** What the next piece of the file, cut anywhere, gives. */
  push(chunk: Buffer): Buffer {
    const text = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const pieces: Buffer[] = [];
    let start = 0;
    for (let end = text.indexOf(newline); end >= 0; end = text.indexOf(newline, start)) {
      this.#line(text.subarray(start, end + 1), pieces);
      start = end + 1;
    }
    // Copied, so that a short rest does not keep the whole chunk.
    this.#rest = start < text.length ? Buffer.from(text.subarray(start)) : none;
    return this.#limited(pieces);
  }

  /** What a last line without an end gives. */
  flush(): Buffer {
    const pieces: Buffer[] = [];
    if (this.#rest.length > 0) this.#line(this.#rest, pieces);
    this.#rest = none;
    return this.#limited(pieces);
  }

  /** A line that is not in the format is left out, as nobody knows what it is. */
  #line(line: Buffer, pieces: Buffer[]): void {
    const timeEnd = line.indexOf(space);
    const streamEnd = line.indexOf(space, timeEnd + 1);
    const tagsEnd = line.indexOf(space, streamEnd + 1);
    if (timeEnd < 0 || streamEnd < 0 || tagsEnd < 0) return;
    const { stream, since, timestamps } = this.#filter;
    if (stream && line.toString("latin1", timeEnd + 1, streamEnd) !== stream) return;
    if (since !== undefined) {
      const time = Date.parse(line.toString("latin1", 0, timeEnd));
      if (Number.isNaN(time) || time < since) return;
    }
    const afterTag = line[streamEnd + 2];
    const partial = line[streamEnd + 1] === partialTag && (afterTag === space || afterTag === colon);
    if (timestamps && this.#atLineStart) pieces.push(line.subarray(0, timeEnd + 1));
    const end = partial && line.at(-1) === newline ? line.length - 1 : line.length;
    pieces.push(line.subarray(tagsEnd + 1, end));
    this.#atLineStart = !partial;
  }

  #limited(pieces: readonly Buffer[]): Buffer {
    if (pieces.length === 0) return none;
    const out = Buffer.concat(pieces).subarray(0, Math.min(this.#left, Number.MAX_SAFE_INTEGER));
    this.#left -= out.length;
    return out;
  }
}
