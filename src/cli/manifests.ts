import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseYamlDocuments } from "#api/meta/yaml.ts";
import type { Resource } from "#api/resource.ts";
import { UsageError } from "./command.ts";
import { kindOfManifest } from "./kinds.ts";
import type { AnyObject } from "./objects.ts";

/** One object to be, and where it was written. */
export interface Manifest {
  readonly resource: Resource;
  readonly object: AnyObject;
  readonly where: string;
}

const endings = [".yaml", ".yml", ".json"];

/** All objects in the named files, folders and `-` for standard input; lists are taken apart. */
export async function readManifests(
  paths: readonly string[],
  { stdin, recursive }: { stdin: NodeJS.ReadableStream; recursive: boolean },
): Promise<Manifest[]> {
  if (paths.length === 0) throw new UsageError("name what to read with -f FILE, -f FOLDER or -f -");
  const manifests: Manifest[] = [];
  for (const path of paths) {
    if (path === "-") manifests.push(...(await parse(await text(stdin), "standard input")));
    else
      for (const file of await filesAt(path, recursive))
        manifests.push(...(await parse(await readFile(file, "utf8"), file)));
  }
  if (manifests.length === 0) throw new UsageError(`no objects in ${paths.join(", ")}`);
  return manifests;
}

async function filesAt(path: string, recursive: boolean): Promise<string[]> {
  const found = await stat(path).catch(() => {
    throw new UsageError(`the path "${path}" does not exist`);
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { recursive, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function parse(content: string, where: string): Promise<Manifest[]> {
  let documents: unknown[];
  try {
    documents = await parseYamlDocuments(content);
  } catch (error) {
    throw new UsageError(`error parsing ${where}: ${(error as Error).message}`);
  }
  return documents.flatMap((document) => {
    if (typeof document !== "object" || document === null || Array.isArray(document)) {
      throw new UsageError(
        `${where}: expected an object, found ${Array.isArray(document) ? "a list" : typeof document}`,
      );
    }
    const object = document as AnyObject;
    const items =
      object.kind?.endsWith("List") && Array.isArray(object.items) ? (object.items as AnyObject[]) : [object];
    return items.map((item) => ({ resource: kindOfManifest(item, where), object: item, where }));
  });
}
