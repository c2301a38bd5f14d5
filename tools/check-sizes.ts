/** Lists files and functions that are longer than a reader can hold. Run: node tools/check-sizes.ts */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const limit = 500;

/** Longer on purpose, each with its reason. */
const allowed: Record<string, string> = {};

/** Definitions of kinds are lists of fields: their length is the API's, not ours. */
const isDefinition = (path: string) => /^src\/api\/.*\/v\d[a-z0-9]*\//.test(path);

const root = resolve(import.meta.dirname, "..");
const problems: string[] = [];
for (const folder of ["src", "tools", "bench", "test"]) {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const file = join(entry.parentPath, entry.name);
    const path = relative(root, file);
    const lines = readFileSync(file, "utf8").split("\n").length;
    if (lines > limit && !isDefinition(path) && !(path in allowed))
      problems.push(`${path}: ${lines} lines, more than ${limit}`);
  }
}
for (const problem of problems) console.error(problem);
console.log(`sizes: ${problems.length === 0 ? "in order" : `${problems.length} problems`}`);
process.exitCode = problems.length === 0 ? 0 : 1;
