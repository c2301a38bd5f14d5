import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { planRotation } from "./rotate-logs.plan.ts";

export interface RotationLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

const defaultRotation: RotationLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };

/**
 * Rotates the log of a running container when it has grown over the limit, and says whether it did. `reopen` makes the
 * runtime write to a new file of the same name; when it fails, all is as before and its error is thrown.
 */
export async function rotateLogs(
  path: string,
  reopen: () => Promise<void>,
  now: Date,
  limits: RotationLimits = defaultRotation,
): Promise<boolean> {
  const file = await stat(path).catch(() => undefined); // not written yet, or already taken away with its container
  if (!file || file.size < limits.maxBytes) return false;
  const folder = dirname(path);
  const plan = planRotation(basename(path), await readdir(folder), now, limits.maxFiles);
  for (const name of plan.remove) await rm(join(folder, name), { force: true });
  for (const name of plan.compress) await compress(join(folder, name));
  const rotated = join(folder, plan.rotated);
  await rename(path, rotated);
  try {
    await reopen();
  } catch (error) {
    await rename(rotated, path);
    throw error;
  }
  return true;
}

/** Complete under its own name or not there at all: a half one keeps the name `.tmp` and goes next time. */
async function compress(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz.tmp`));
  await rename(`${path}.gz.tmp`, `${path}.gz`);
  await rm(path);
}
