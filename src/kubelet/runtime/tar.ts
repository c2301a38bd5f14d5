/** One entry of an archive. A file has `content`, a symbolic link `link`; without both it is a folder. */
export interface TarEntry {
  readonly path: string;
  readonly content?: Uint8Array;
  readonly link?: string;
  /** Permission bits; 0644 for files and 0755 for folders when left out. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const block = 512;

/** A tar archive (ustar). The same entries give the same bytes: no times are in it. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    parts.push(header(entry));
    if (!entry.content) continue;
    parts.push(Buffer.from(entry.content), Buffer.alloc(-entry.content.length & (block - 1)));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(entry: TarEntry): Buffer {
  const bytes = Buffer.alloc(block);
  const isFolder = !entry.content && entry.link === undefined;
  const { name, prefix } = split(isFolder ? `${entry.path}/` : entry.path);
  if (Buffer.byteLength(entry.link ?? "") > 100)
    throw new RangeError(`${entry.link}: too long for a link in an archive`);
  bytes.write(name, 0);
  octal(bytes, 100, 8, entry.mode ?? (isFolder ? 0o755 : 0o644));
  octal(bytes, 108, 8, entry.uid ?? 0);
  octal(bytes, 116, 8, entry.gid ?? 0);
  octal(bytes, 124, 12, entry.content?.length ?? 0);
  octal(bytes, 136, 12, 0);
  bytes.write(isFolder ? "5" : entry.content ? "0" : "2", 156);
  bytes.write(entry.link ?? "", 157);
  bytes.write("ustar\u000000", 257);
  bytes.write(prefix, 345);
  bytes.fill(" ", 148, 156); // the checksum counts its own field as blanks
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}

function octal(bytes: Buffer, at: number, size: number, value: number): void {
  bytes.write(value.toString(8).padStart(size - 1, "0"), at);
}

/** A name of up to 100 bytes, or a folder of up to 155 before it. */
function split(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: "" };
  for (let at = path.indexOf("/"); at > 0 && at < path.length - 1; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix };
  }
  throw new RangeError(`${path}: too long for an archive`);
}
