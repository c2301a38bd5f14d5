import { readFile, writeFile } from "node:fs/promises";

/** Names of one cluster in a hosts file, between two lines that say whose they are. */
const begin = (owner: string) => `# begin ${owner}`;
const end = (owner: string) => `# end ${owner}`;

export interface HostsBlock {
  readonly owner: string;
  readonly address: string;
  readonly hosts: readonly string[];
}

export const hasBlock = (text: string, owner: string): boolean => text.split("\n").includes(begin(owner));

/** The text with this block in the place of the one before, or at its end. */
export function withBlock(text: string, { owner, address, hosts }: HostsBlock): string {
  const own = [begin(owner), ...hosts.toSorted().map((host) => `${address} ${host}`), end(owner)];
  const lines = text.split("\n");
  const from = lines.indexOf(begin(owner));
  if (from >= 0) {
    lines.splice(from, blockLength(lines, from, owner), ...own);
    return lines.join("\n");
  }
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return `${before}${own.join("\n")}\n`;
}

export function withoutBlock(text: string, owner: string): string {
  const lines = text.split("\n");
  const from = lines.indexOf(begin(owner));
  if (from < 0) return text;
  lines.splice(from, blockLength(lines, from, owner));
  return lines.join("\n");
}

/** A block whose end somebody has taken away is only its first line: what follows is not ours to erase. */
function blockLength(lines: readonly string[], from: number, owner: string): number {
  const to = lines.indexOf(end(owner), from);
  return to < 0 ? 1 : to - from + 1;
}

export const installBlock = (file: string, block: HostsBlock): Promise<boolean> =>
  rewrite(file, (text) => withBlock(text, block));

/** Brings a block that was installed up to date; without one the file is left alone. */
export const renewBlock = (file: string, block: HostsBlock): Promise<boolean> =>
  rewrite(file, (text) => (hasBlock(text, block.owner) ? withBlock(text, block) : text));

export const uninstallBlock = (file: string, owner: string): Promise<boolean> =>
  rewrite(file, (text) => withoutBlock(text, owner));

/** Resolves with whether anything changed. In place, as the file is often a mount that cannot be replaced. */
async function rewrite(file: string, change: (text: string) => string): Promise<boolean> {
  const before = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const after = change(before);
  if (after === before) return false;
  await writeFile(file, after);
  return true;
}
