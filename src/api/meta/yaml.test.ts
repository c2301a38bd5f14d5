import assert from "node:assert/strict";
import { test } from "node:test";
import { parseYaml, parseYamlDocuments, toYaml } from "./yaml.ts";

test("values are what they are to Kubernetes", async () => {
  const text = "a: yes\nb: n\nc: 12:30:45\nd: 2001-01-01\ne: 0o10\nf: 010\ng: ~\nh: 'off'\ni: off\nj: 1e3\na: no";
  assert.deepEqual(await parseYaml(text), {
    a: false,
    b: "n",
    c: "12:30:45",
    d: "2001-01-01",
    e: "0o10",
    f: 8,
    g: null,
    h: "off",
    i: false,
    j: 1000,
  });
});

test("documents that are empty do not count", async () => {
  assert.deepEqual(await parseYamlDocuments("---\na: 1\n---\n# nothing\n---\nb: 2\n"), [{ a: 1 }, { b: 2 }]);
});

test("what is no YAML says where", async () => {
  await assert.rejects(parseYaml("a: 1\nb: [1"), /^Error: yaml: line \d: /);
  await assert.rejects(parseYaml("a: b: c"), /^Error: yaml: line 1: /);
});

test("aliases that multiply are refused", async () => {
  const layers = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(",")}]`);
  await assert.rejects(parseYaml(["l0: &l0 [x,x]", ...layers].join("\n")), /alias/i);
});

test("what was written is read as the same", async () => {
  const value = { a: "yes", b: "1", c: "n", d: ["x", { y: null }], e: "line\nline\n", f: 1.5, g: "0x10" };
  assert.deepEqual(await parseYaml(await toYaml(value)), value);
});
