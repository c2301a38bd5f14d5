import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, normalize } from "node:path";

export interface PayloadFile {
  readonly data: Buffer;
  readonly mode: number;
}

/** Content by path relative to the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const dataLink = "..data";

/**
 * Makes the folder hold exactly these files, all of them changing at one moment: they lie in a folder of their own
 * behind the link `..data`, and the names that a container sees are links through it.
 */
export async function writePayload(folder: string, payload: Payload, group?: number): Promise<void> {
  for (const path of payload.keys()) checkPath(path);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await chmod(folder, 0o777);
  const current = await readlink(join(folder, dataLink)).catch(() => undefined); // the first time there is none
  if (current !== undefined && (await holds(join(folder, current), payload))) return;

  const made = await mkdtemp(join(folder, `..${new Date().toISOString().slice(0, 19).replace(/[-:T]/g, "_")}.`));
  await chmod(made, 0o755);
  for (const [path, { data, mode }] of payload) {
    const file = join(made, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data);
    await chmod(file, mode);
    if (group !== undefined) await chown(file, -1, group);
  }
  const draft = join(folder, "..data_tmp");
  await rm(draft, { force: true });
  await symlink(made.slice(folder.length + 1), draft);
  await rename(draft, join(folder, dataLink));
  await linkNames(folder, payload);
  if (current !== undefined) await rm(join(folder, current), { recursive: true, force: true });
}

/** Whether something was ever written there. */
export const isWritten = (folder: string): Promise<boolean> =>
  readlink(join(folder, dataLink)).then(
    () => true,
    () => false,
  );

/** The names a container sees: one link for each first part of a path. */
async function linkNames(folder: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0] ?? ""));
  for (const name of await readdir(folder)) {
    if (!name.startsWith("..") && !wanted.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const name of wanted) {
    const path = join(folder, name);
    const exists = await lstat(path).then(
      () => true,
      () => false,
    );
    if (!exists) await symlink(join(dataLink, name), path);
  }
}

function checkPath(path: string): void {
  const parts = path.split("/");
  if (
    path === "" ||
    path.startsWith("/") ||
    parts.includes("..") ||
    parts[0]?.startsWith("..") ||
    normalize(path) !== path
  )
    throw new Error(`invalid path in volume: ${JSON.stringify(path)}`);
}

/** Whether the folder has these files and no others. */
async function holds(folder: string, payload: Payload): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []); // gone: it holds nothing
  const files = entries.filter((entry) => entry.isFile());
  if (files.length !== payload.size) return false;
  for (const [path, { data }] of payload) {
    const found = await readFile(join(folder, path)).catch(() => undefined); // missing is different
    if (!found?.equals(data)) return false;
  }
  return true;
}
