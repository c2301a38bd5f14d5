/** The pages must not speak of what is not there: files they name, pages they lead to. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";

const repository = resolve(import.meta.dirname, "..");
const below = (folder: string, end: string) =>
  readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(end))
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)));

const pages = ["README.md", ...below("docs", ".md")];
const sources = ["src", "test", "bench", "tools"].flatMap((folder) => below(folder, ".ts"));

for (const page of pages) {
  const text = readFileSync(join(repository, page), "utf8").replaceAll(/```[\s\S]*?```/g, "");

  test(`${page}: the files it names are there`, () => {
    const named = [...text.matchAll(/`(?:node (?:--test )?)?([a-z0-9][\w/-]*(?:\.[a-z]+)*\.ts)\b/g)].map(
      ([, file]) => file as string,
    );
    const missing = named.filter((file) => !sources.some((source) => source === file || source.endsWith(`/${file}`)));
    assert.deepEqual(missing, []);
  });

  test(`${page}: its links lead somewhere`, () => {
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link as string);
    const dead = links.filter((link) => !link.includes("://") && !existsSync(join(repository, dirname(page), link)));
    assert.deepEqual(dead, []);
  });
}

test("every benchmark is on its page", () => {
  const page = readFileSync(join(repository, "docs/benchmarks.md"), "utf8");
  const files = readdirSync(join(repository, "bench")).filter((name) => name.endsWith(".ts"));
  const missing = files.filter((name) => !page.includes(`node bench/${name}`));
  assert.deepEqual(missing, []);
});
