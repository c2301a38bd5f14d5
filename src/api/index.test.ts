import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { builtinResources } from "./catalog.ts";

test("the package offers the type of every kind", () => {
  const text = readFileSync(join(import.meta.dirname, "index.ts"), "utf8");
  const offered = new Set([...text.matchAll(/^export type \{ (\w+) \} from/gm)].map(([, name]) => name));
  const missing = builtinResources.map(({ kind }) => kind).filter((kind) => !offered.has(kind));
  assert.deepEqual(missing, []);
});
