import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { installBlock, renewBlock, uninstallBlock } from "./hosts-block.ts";

const block = { owner: "minik8s-abc", address: "10.96.0.11", hosts: ["b.example", "a.example"] };

test("names come, follow and go; what else stands in the file stays", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "minik8s-hosts-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "hosts");
  const own = "127.0.0.1 localhost";
  await writeFile(file, own);
  const text = () => readFile(file, "utf8");

  assert.equal(await renewBlock(file, block), false, "nobody asked for it");
  await installBlock(file, block);
  const lines = [own, "# begin minik8s-abc", "10.96.0.11 a.example", "10.96.0.11 b.example", "# end minik8s-abc", ""];
  assert.equal(await text(), lines.join("\n"));
  assert.equal(await installBlock(file, block), false, "it is there");

  await installBlock(file, { ...block, owner: "minik8s-other" });
  await renewBlock(file, { ...block, hosts: ["c.example"] });
  assert.match(await text(), /begin minik8s-abc\n10.96.0.11 c.example\n# end minik8s-abc\n# begin minik8s-other\n/);

  await uninstallBlock(file, "minik8s-abc");
  await uninstallBlock(file, "minik8s-other");
  assert.equal(await text(), `${own}\n`);
});

test("a block whose end is gone takes nothing else along", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "minik8s-hosts-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "hosts");
  await writeFile(file, "# begin minik8s-abc\n192.0.2.1 mine\n");
  await uninstallBlock(file, "minik8s-abc");
  assert.equal(await readFile(file, "utf8"), "192.0.2.1 mine\n");
});
