/**
 * Makes what the npm package carries, in dist/lib: the command line, the entries that others import, and their types.
 * Node runs no TypeScript below node_modules, so a package has to bring JavaScript. `npm pack` calls this.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { bundle } from "./bundle.ts";

const root = resolve(import.meta.dirname, "..");
const lib = join(root, "dist/lib");
const types = join(lib, "types");
const entries = {
  testing: "src/testing/index.ts",
  client: "src/client/index.ts",
  api: "src/api/index.ts",
};

/** Declarations name other files as the sources do, which only works in this repository: `#api/x.ts` becomes `../api/x.js`. */
function withRelativeImports(file: string, text: string): string {
  const toFolder = relative(dirname(file), types) || ".";
  return text.replaceAll(/((?:from|import\()\s*)"(#|\.{1,2}\/)([^"]+)\.ts"/g, (_, lead, start, path) =>
    start === "#" ? `${lead}"${toFolder}/${path}.js"` : `${lead}"${start}${path}.js"`,
  );
}

rmSync(lib, { recursive: true, force: true });
await bundle({ minik8s: "src/cli/main.ts", ...entries }, lib);
const tsc = join(root, "node_modules/.bin/tsc");
const project = join(root, "tools/tsconfig.package.json");
execFileSync(process.execPath, [tsc, "--project", project, "--outDir", types], { cwd: root, stdio: "inherit" });
for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = join(entry.parentPath, entry.name);
  writeFileSync(file, withRelativeImports(file, readFileSync(file, "utf8")));
}
