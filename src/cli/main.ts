/** The entry: everything else is loaded after it, so that what was compiled at the last start is taken from a cache. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Only beside the bundle, in a folder of its owner's: whoever can write the cache decides what runs.
if (import.meta.filename.endsWith(".mjs")) enableCompileCache(join(import.meta.dirname, "compile-cache"));
await import("./run.ts");
