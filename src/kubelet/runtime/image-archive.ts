import { createHash } from "node:crypto";
import { dirname } from "node:path/posix";
import { type TarEntry, tar } from "./tar.ts";

/** An image made of files at hand, without any registry or builder. */
export interface ImageRecipe {
  /** With its tag, as `docker.io/library/web:v1`. */
  readonly reference: string;
  /** Absolute paths; the folders above each are made when they are not listed. */
  readonly files: readonly TarEntry[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `uid`, `uid:gid` or a name in the image's own /etc/passwd. */
  readonly user?: string;
  readonly workingDir?: string;
  /** As `8080/tcp`. */
  readonly exposedPorts?: readonly string[];
  /** As Node names processors; this machine's when left out. */
  readonly arch?: string;
}

const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
/** A processor's name in images, from its name in Node. */
export const ociArchitecture = (arch: string): string => architectures[arch] ?? arch;

const epoch = "1970-01-01T00:00:00Z";

/** The bytes of an archive as `docker save` writes it. The same recipe gives the same bytes, hence the same image id. */
export function imageArchive(recipe: ImageRecipe): Buffer {
  const layer = tar(withFolders(recipe.files));
  const diffId = sha256(layer);
  const config = Buffer.from(JSON.stringify(imageConfig(recipe, diffId)));
  const configName = `${sha256(config)}.json`;
  const layerName = `${diffId}/layer.tar`;
  const manifest = [{ Config: configName, RepoTags: [recipe.reference], Layers: [layerName] }];
  return tar([
    { path: configName, content: config },
    { path: diffId },
    { path: layerName, content: layer },
    { path: "manifest.json", content: Buffer.from(JSON.stringify(manifest)) },
  ]);
}

function imageConfig(recipe: ImageRecipe, diffId: string): object {
  return {
    created: epoch,
    architecture: ociArchitecture(recipe.arch ?? process.arch),
    os: "linux",
    config: {
      Env: Object.entries({ PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...recipe.env }).map(
        ([name, value]) => `${name}=${value}`,
      ),
      ...(recipe.entrypoint && { Entrypoint: recipe.entrypoint }),
      ...(recipe.cmd && { Cmd: recipe.cmd }),
      ...(recipe.user !== undefined && { User: recipe.user }),
      ...(recipe.workingDir !== undefined && { WorkingDir: recipe.workingDir }),
      ...(recipe.exposedPorts && { ExposedPorts: Object.fromEntries(recipe.exposedPorts.map((port) => [port, {}])) }),
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${diffId}`] },
    history: [{ created: epoch }],
  };
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Paths in a layer are relative, each folder before what is in it. */
function withFolders(files: readonly TarEntry[]): TarEntry[] {
  const entries = new Map<string, TarEntry>();
  const addFolders = (path: string) => {
    if (path === "." || path === "/" || entries.has(path)) return;
    addFolders(dirname(path));
    entries.set(path, { path });
  };
  for (const file of files) {
    const path = file.path.replace(/^\/+/, "").replace(/\/+$/, "");
    addFolders(dirname(path));
    entries.set(path, { ...file, path });
  }
  return [...entries.values()];
}
