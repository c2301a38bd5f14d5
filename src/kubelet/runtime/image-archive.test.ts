import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { archiveNames, fullReference } from "./archive-names.ts";
import { type ImageRecipe, imageArchive } from "./image-archive.ts";
import { tar } from "./tar.ts";

const recipe: ImageRecipe = {
  reference: "web:1",
  arch: "arm64",
  files: [
    { path: "/srv/www/index.html", content: Buffer.from("hello") },
    { path: "/bin/run", content: Buffer.from("#!/bin/sh\n"), mode: 0o755, uid: 5 },
    { path: "/bin/also", link: "run" },
  ],
  entrypoint: ["/bin/run"],
  cmd: ["-x"],
  env: { A: "1" },
  user: "5:6",
  exposedPorts: ["80/tcp"],
};

const extract = (archive: Buffer, file: string) => execFileSync("tar", ["-xO", file], { input: archive });

test("what docker save would write, for any tar to read", () => {
  const archive = imageArchive(recipe);
  const [manifest] = JSON.parse(extract(archive, "manifest.json").toString());
  assert.deepEqual(manifest.RepoTags, ["web:1"]);
  const config = JSON.parse(extract(archive, manifest.Config).toString());
  const layer = extract(archive, manifest.Layers[0]);
  assert.equal(config.architecture, "arm64");
  assert.deepEqual(config.rootfs.diff_ids, [`sha256:${createHash("sha256").update(layer).digest("hex")}`]);
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  assert.deepEqual(config.config, {
    Env: [path, "A=1"],
    Entrypoint: ["/bin/run"],
    Cmd: ["-x"],
    User: "5:6",
    ExposedPorts: { "80/tcp": {} },
  });
  const listing = execFileSync("tar", ["-tv", "--numeric-owner"], { input: layer, encoding: "utf8" });
  const lines = listing.trim().split("\n");
  assert.deepEqual(
    lines.map((line) => line.replace(/\s+(\d+) \S+ \S+ /, " $1 ")),
    [
      "drwxr-xr-x 0/0 0 srv/",
      "drwxr-xr-x 0/0 0 srv/www/",
      "-rw-r--r-- 0/0 5 srv/www/index.html",
      "drwxr-xr-x 0/0 0 bin/",
      "-rwxr-xr-x 5/0 10 bin/run",
      "lrw-r--r-- 0/0 0 bin/also -> run",
    ],
  );
});

test("the same recipe gives the same bytes", () => {
  assert.deepEqual(imageArchive(recipe), imageArchive(recipe));
});

test("long paths, and ones too long", () => {
  const long = `${"a".repeat(90)}/${"b".repeat(90)}`;
  const listing = execFileSync("tar", ["-t"], {
    input: tar([{ path: long, content: Buffer.alloc(513) }]),
    encoding: "utf8",
  });
  assert.equal(listing, `${long}\n`);
  assert.throws(() => tar([{ path: "c".repeat(101), content: Buffer.alloc(0) }]), /too long for an archive/);
});

test("names in archives", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "minik8s-names-"));
  t.after(() => rm(dir, { recursive: true }));
  const names = async (bytes: Uint8Array) => {
    await writeFile(join(dir, "archive"), bytes);
    return archiveNames(join(dir, "archive"));
  };
  const json = (path: string, value: unknown) => ({ path, content: Buffer.from(JSON.stringify(value)) });
  assert.deepEqual(await names(imageArchive(recipe)), ["docker.io/library/web:1"]);
  const annotations = { "io.containerd.image.name": "docker.io/library/web:1" };
  const both = [json("index.json", { manifests: [{ annotations }] }), json("manifest.json", [{ RepoTags: ["web:1"] }])];
  assert.deepEqual(await names(tar(both)), ["docker.io/library/web:1"]);
  assert.deepEqual(await names(tar([json("manifest.json", [{ RepoTags: null }])])), []);
  assert.equal(await names(tar([json("other.json", {})])), undefined);
  assert.equal(await names(Buffer.from("no archive at all".repeat(100))), undefined);
  assert.equal(await names(Buffer.alloc(0)), undefined);
});

test("short references become full ones", () => {
  for (const [short, full] of [
    ["web", "docker.io/library/web:latest"],
    ["web:1", "docker.io/library/web:1"],
    ["me/web:1", "docker.io/me/web:1"],
    ["localhost/web", "localhost/web:latest"],
    ["localhost:5000/web", "localhost:5000/web:latest"],
    ["minik8s.local/pause:1", "minik8s.local/pause:1"],
  ] as const) {
    assert.equal(fullReference(short), full);
  }
});
