import { inflateRawSync, constants as zlib } from "node:zlib";
import { SpdyError } from "./spdy-error.ts";

/** The words that every SPDY/3 peer has in its compression window before the first header block. */
const words =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow " +
  "authorization cache-control connection content-base content-encoding content-language content-length " +
  "content-location content-md5 content-range content-type date etag expect expires from host if-match " +
  "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma " +
  "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade " +
  "user-agent vary via warning www-authenticate method get status";
const moreWords = ["200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin"];
const tail =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 " +
  "Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 " +
  "Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept " +
  "Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif," +
  "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=" +
  "utf-8charset=iso-8859-1,utf-,*,enq=0.";

const sized = (text: string) => {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

export const spdyDictionary = Buffer.concat([
  ...[...words.split(" "), ...moreWords].map(sized),
  Buffer.from(tail, "latin1"),
]);

/** Names are lower case. A header that came several times has its values joined by NUL. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** An empty block: Go's inflater hands out what it has when it meets one, and otherwise waits for more for ever. */
const syncFlush = Buffer.from([0, 0, 0, 0xff, 0xff]);
const windowSize = 32 * 1024;
const storedBlockSize = 0xffff;
/** Far more than any header block of a real client; a block that inflates to more is an attack. */
const largestBlock = 256 * 1024;

/**
 * Turns headers into the bytes of a frame. All blocks of one direction are one zlib stream; ours is made of stored
 * (uncompressed) blocks, which any inflater reads and which need no state but "has the stream begun".
 */
export class HeaderWriter {
  #begun = false;

  write(headers: Readonly<Record<string, string>>): Buffer {
    const entries = Object.entries(headers);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(entries.length);
    const plain = Buffer.concat([
      count,
      ...entries.flatMap(([name, value]) => [sized(name.toLowerCase()), sized(value)]),
    ]);
    const parts: Buffer[] = this.#begun ? [] : [Buffer.from([0x78, 0x01])];
    this.#begun = true;
    for (let at = 0; at < plain.length; at += storedBlockSize) {
      const block = plain.subarray(at, at + storedBlockSize);
      const head = Buffer.alloc(5);
      head.writeUInt16LE(block.length, 1);
      head.writeUInt16LE(~block.length & 0xffff, 3);
      parts.push(head, block);
    }
    return Buffer.concat([...parts, syncFlush]);
  }
}

/**
 * Reads the header blocks of one direction, which must all pass through here in order. Each block ends with a sync
 * flush, so the next starts on a whole byte and depends on the earlier ones through the last 32 KiB of plain text
 * only: every block is inflated by itself, with that text as its dictionary.
 */
export class HeaderReader {
  #window: Buffer = spdyDictionary;
  #begun = false;

  read(block: Buffer): SpdyHeaders {
    const plain = this.#inflate(this.#begun ? block : withoutZlibHeader(block));
    this.#begun = true;
    this.#window = Buffer.concat([this.#window, plain]).subarray(-windowSize);
    return parse(plain);
  }

  #inflate(block: Buffer): Buffer {
    try {
      return inflateRawSync(block, {
        dictionary: this.#window,
        finishFlush: zlib.Z_SYNC_FLUSH,
        maxOutputLength: largestBlock,
      });
    } catch (cause) {
      throw new SpdyError("header block cannot be decompressed", { cause });
    }
  }
}

function withoutZlibHeader(block: Buffer): Buffer {
  if (block.length < 2 || block.readUInt16BE(0) % 31 !== 0 || (block[0]! & 0x0f) !== 8)
    throw new SpdyError("header block is not a zlib stream");
  const namesDictionary = (block[1]! & 0x20) !== 0;
  return block.subarray(namesDictionary ? 6 : 2);
}

function parse(plain: Buffer): SpdyHeaders {
  let at = 0;
  const number = () => {
    if (at + 4 > plain.length) throw new SpdyError("header block is cut short");
    at += 4;
    return plain.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = number();
    if (length > plain.length - at) throw new SpdyError("header block is cut short");
    at += length;
    return plain.toString("utf8", at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left--) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}
