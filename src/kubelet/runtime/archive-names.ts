import { type FileHandle, open } from "node:fs/promises";

const block = 512;
/** More than any real list of images takes. */
const largestList = 16 * 1024 * 1024;

interface DockerManifest {
  readonly RepoTags?: readonly string[] | null;
}
interface OciIndex {
  readonly manifests?: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
}

/**
 * The full references of the images in an archive of `docker save` or an OCI layout; `undefined` when it is no such
 * archive. Reads the headers and lists only, however large the layers are.
 */
export async function archiveNames(path: string): Promise<string[] | undefined> {
  await using file = await open(path);
  const lists = await readLists(file);
  const docker = lists.get("manifest.json") as readonly DockerManifest[] | undefined;
  const oci = lists.get("index.json") as OciIndex | undefined;
  if (!docker && !oci) return undefined;
  const tags = (Array.isArray(docker) ? docker : []).flatMap((manifest) => manifest.RepoTags ?? []);
  const names = (oci?.manifests ?? []).flatMap(({ annotations }) => annotations?.["io.containerd.image.name"] ?? []);
  return [...new Set([...names, ...tags].map(fullReference))];
}

async function readLists(file: FileHandle): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  const header = Buffer.alloc(block);
  for (let at = 0; (await file.read(header, 0, block, at)).bytesRead === block && header[0] !== 0; ) {
    const size = sizeOf(header);
    if (size === undefined) return new Map(); // no tar
    const name = header.toString("utf8", 0, 100).replace(/\0.*/s, "").replace(/^\.\//, "");
    if ((name === "manifest.json" || name === "index.json") && size <= largestList) {
      const content = Buffer.alloc(size);
      await file.read(content, 0, size, at + block);
      found.set(name, parse(content));
    }
    at += block + Math.ceil(size / block) * block;
  }
  return found;
}

/** In octal; from 8 GiB on as a big-endian number with the first bit set. `undefined` when this is no header of a tar. */
function sizeOf(header: Buffer): number | undefined {
  if (header.toString("latin1", 257, 262) !== "ustar") return undefined;
  if (((header[124] ?? 0) & 128) !== 0) return Number(header.readBigUInt64BE(128));
  const size = Number.parseInt(header.toString("latin1", 124, 136), 8);
  return Number.isNaN(size) ? undefined : size;
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined; // as good as not there
  }
}

/** `web:1` → `docker.io/library/web:1`: what comes before the first slash is a host only when it looks like one. */
export function fullReference(reference: string): string {
  const slash = reference.indexOf("/");
  const first = slash < 0 ? "" : reference.slice(0, slash);
  const isHost = first === "localhost" || /[.:]/.test(first);
  const withHost = isHost ? reference : `docker.io/${slash < 0 ? "library/" : ""}${reference}`;
  return /(:[^/]+|@[^/]+)$/.test(withHost) ? withHost : `${withHost}:latest`;
}
