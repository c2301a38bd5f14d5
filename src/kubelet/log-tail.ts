import { open } from "node:fs/promises";

const maxLines = 80;
const maxBytes = 2048;

/** The end of a container's log without its time stamps, as a termination message; empty when there is no log. */
export async function logTail(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined); // nothing was written, or the log is gone
  if (!file) return "";
  try {
    const { size } = await file.stat();
    // Each line carries about 45 bytes of time and stream, so that much more is read than is kept.
    const length = Math.min(size, maxBytes + maxLines * 64);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString().split("\n");
    if (length < size) lines.shift();
    const text = lines
      .slice(-maxLines - 1)
      .map(content)
      .join("");
    return Buffer.from(text).subarray(-maxBytes).toString();
  } finally {
    await file.close();
  }
}

/** `2026-01-02T03:04:05.6Z stdout F text`: F ends a line, P goes on. */
function content(line: string): string {
  const parts = /^\S+ (?:stdout|stderr) (F|P)\S* ?(.*)$/s.exec(line);
  if (!parts) return "";
  return parts[1] === "F" ? `${parts[2]}\n` : (parts[2] ?? "");
}
