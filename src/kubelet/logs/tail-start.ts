import type { FileHandle } from "node:fs/promises";

const newline = 0x0a;
const blockSize = 64 * 1024;

/** Where the last `lines` lines of the first `size` bytes of a file begin. Reads backwards, and no more than it must. */
export async function tailStart(file: Pick<FileHandle, "read">, size: number, lines: number): Promise<number> {
  if (lines <= 0) return size;
  const block = Buffer.alloc(Math.min(blockSize, size));
  let left = lines;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    // The newline that ends the last line does not begin another one.
    let from = end === size && block[bytesRead - 1] === newline ? bytesRead - 2 : bytesRead - 1;
    while (from >= 0) {
      const at = block.lastIndexOf(newline, from);
      if (at < 0) break;
      left -= 1;
      if (left === 0) return start + at + 1;
      from = at - 1;
    }
    end = start;
  }
  return 0;
}
