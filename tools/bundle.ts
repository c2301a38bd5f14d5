/**
 * Makes the bundles that run: one file loads in a tenth of the time that hundreds take.
 * `node tools/bundle.ts` makes dist/minik8s.mjs, which bin/minik8s runs in a clone.
 */
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Bundles each entry (name to file below the repository) into `outdir`, what they share in chunks beside them. */
export async function bundle(entries: Readonly<Record<string, string>>, outdir: string): Promise<void> {
  await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    platform: "node",
    target: "node24",
    format: "esm",
    packages: "bundle",
    // Native addons cannot be bundled; they are found in node_modules at run time.
    external: ["lmdb"],
    legalComments: "none",
    logLevel: "warning",
    define: { "process.env.NODE_ENV": '"production"' },
    // CommonJS packages inside the bundle ask for require, __dirname and __filename.
    banner: {
      js: [
        'import { createRequire as __createRequire } from "node:module";',
        'import { fileURLToPath as __fileURLToPath } from "node:url";',
        'import { dirname as __dirnameOf } from "node:path";',
        "const require = __createRequire(import.meta.url);",
        "const __filename = __fileURLToPath(import.meta.url);",
        "const __dirname = __dirnameOf(__filename);",
      ].join("\n"),
    },
  });
}

/** The command line's bundle, exchanged under the feet of those who run it: old chunks stay for them. */
async function bundleCommandLine(): Promise<void> {
  const fresh = join(dist, `new-${process.pid}`);
  await mkdir(dist, { recursive: true });
  try {
    await bundle({ minik8s: "src/cli/main.ts" }, fresh);
    // Chunks first: whoever starts in between finds an old entry with its old chunks, or the new one with the new.
    await cp(join(fresh, "chunks"), join(dist, "chunks"), { recursive: true });
    await rename(join(fresh, "minik8s.mjs"), join(dist, "minik8s.mjs"));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

if (import.meta.main) await bundleCommandLine();
