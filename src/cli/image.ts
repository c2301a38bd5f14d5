import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { openNodeRuntime } from "#cluster/node-runtime.ts";
import type { Image } from "#kubelet/runtime/runtime.ts";
import { type Command, type Invocation, UsageError } from "./command.ts";
import { formatColumns } from "./printers/table.ts";
import { settingFlags, settingsOf } from "./settings-flags.ts";

const loadCommand: Command = {
  name: "image load",
  args: "<FILE...>",
  summary: "take images from archives of docker save (or OCI layouts) into this node; - reads standard input",
  flags: settingFlags("dataDir", "runtime"),
  async run(invocation) {
    await using runtime = await openNodeRuntime(settingsOf(invocation));
    for (const file of invocation.args) {
      invocation.out.progress(`Loading ${file === "-" ? "standard input" : file} …`);
      for (const reference of await load(file, runtime.load, invocation)) invocation.out.done(`Loaded ${reference}`);
    }
  },
};

async function load(
  file: string,
  into: (path: string) => Promise<string[]>,
  { out, signal }: Invocation,
): Promise<string[]> {
  if (file !== "-") return into(file);
  if (out.stdin.isTTY) throw new UsageError("standard input is a terminal: pipe an archive into it, or name a file");
  const path = join(tmpdir(), `minik8s-image-${process.pid}.tar`);
  try {
    await pipeline(out.stdin, createWriteStream(path), { signal });
    return await into(path);
  } finally {
    await rm(path, { force: true });
  }
}

const listCommand: Command = {
  name: "image ls",
  summary: "list the images on this node",
  flags: settingFlags("dataDir", "runtime"),
  async run(invocation) {
    await using runtime = await openNodeRuntime(settingsOf(invocation));
    const rows = (await runtime.images()).flatMap(rowsOf).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
    for (const line of formatColumns([["IMAGE", "TAG", "IMAGE ID", "SIZE"], ...rows])) invocation.out.line(line);
  },
};

function rowsOf({ id, tags, sizeBytes }: Image): string[][] {
  const short = id.replace(/^sha256:/, "").slice(0, 12);
  const size = `${(sizeBytes / 1e6).toFixed(1)}MB`;
  if (tags.length === 0) return [["<none>", "<none>", short, size]];
  return tags.map((tag) => {
    const colon = tag.lastIndexOf(":");
    return [tag.slice(0, colon), tag.slice(colon + 1), short, size];
  });
}

export const imageCommands: readonly Command[] = [loadCommand, listCommand];
