import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Container } from "#api/core/v1/container.ts";
import { podOf } from "../pod.fixture.ts";
import { type Payload, writePayload } from "./atomic-writer.ts";
import { emptyDir } from "./empty-dir.ts";
import { unmountBelow } from "./host-mounts.ts";
import { hostPath } from "./host-path.ts";
import { volumeMounts } from "./mounts.ts";
import type { VolumeContext } from "./volume.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "volumes-"));
});
after(() => rm(root, { recursive: true, force: true }));

const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));
const seen = async (folder: string) => (await readdir(folder)).filter((name) => !name.startsWith("..")).sort();

describe("a volume of written files", () => {
  test("holds what it should, behind one link", async () => {
    const folder = join(root, "written");
    await writePayload(folder, payload({ a: "1", "sub/b": "2" }, 0o400));
    assert.deepEqual(await seen(folder), ["a", "sub"]);
    assert.equal(await readFile(join(folder, "sub", "b"), "utf8"), "2");
    assert.equal(await readlink(join(folder, "a")), "..data/a");
    assert.equal((await stat(join(folder, "a"))).mode & 0o777, 0o400);
  });

  test("changes as a whole; a reader of the old files keeps them until they are closed", async () => {
    const folder = join(root, "changing");
    await writePayload(folder, payload({ a: "1", gone: "x" }));
    const first = await readlink(join(folder, "..data"));
    await writePayload(folder, payload({ a: "1", gone: "x" }));
    assert.equal(await readlink(join(folder, "..data")), first, "nothing changed, so nothing is written");
    await writePayload(folder, payload({ a: "2", added: "y" }));
    assert.deepEqual(await seen(folder), ["a", "added"]);
    assert.equal(await readFile(join(folder, "a"), "utf8"), "2");
    const versions = (await readdir(folder)).filter((name) => name.startsWith("..2"));
    assert.equal(versions.length, 1, "the old files are gone");
  });

  for (const path of ["../out", "/abs", "a/../../b", "..data", ""]) {
    test(`a file may not be called ${JSON.stringify(path)}`, async () => {
      await assert.rejects(writePayload(join(root, "bad"), payload({ [path]: "x" })), /invalid path/);
    });
  }
});

const context = (folder: string, spec = {}): VolumeContext =>
  ({
    pod: podOf(spec),
    folder,
    place: { podIPs: [], hostIPs: [], nodeName: "" },
    allocatable: {},
  }) as unknown as VolumeContext;

describe("emptyDir", () => {
  test("anyone may write, and what was written stays", async () => {
    const folder = join(root, "empty");
    await emptyDir.prepare({ name: "e", emptyDir: {} }, context(folder));
    assert.equal((await stat(folder)).mode & 0o7777, 0o777);
    await writeFile(join(folder, "kept"), "x");
    await emptyDir.prepare({ name: "e", emptyDir: {} }, context(folder));
    assert.deepEqual(await readdir(folder), ["kept"]);
  });

  const skip = process.getuid?.() === 0 ? false : "only root may mount";
  test("memory is mounted once, with its limit, and goes without a trace", { skip }, async () => {
    const folder = join(root, "memory with space");
    const spec = { name: "m", emptyDir: { medium: "Memory", sizeLimit: "4Mi" } };
    await emptyDir.prepare(spec, context(folder));
    await emptyDir.prepare(spec, context(folder));
    const mounts = async () =>
      (await readFile("/proc/self/mounts", "utf8")).split("\n").filter((line) => line.includes("memory\\040with"));
    assert.equal((await mounts()).length, 1);
    assert.match((await mounts())[0] ?? "", /^tmpfs .*,size=4096k/);
    await unmountBelow(folder);
    assert.deepEqual(await mounts(), []);
  });
});

describe("hostPath", () => {
  const prepare = (path: string, type: "" | "Directory" | "DirectoryOrCreate" | "File" | "FileOrCreate" | "Socket") =>
    hostPath.prepare({ name: "h", hostPath: { path, type } }, context(""));

  test("is made only where it may be", async () => {
    assert.equal(await prepare(join(root, "not-there"), ""), join(root, "not-there"));
    await assert.rejects(prepare(join(root, "not-there"), "Directory"), {
      message: `hostPath type check failed: ${join(root, "not-there")} is not a directory`,
    });
    await prepare(join(root, "made", "deep"), "DirectoryOrCreate");
    await prepare(join(root, "made", "file"), "FileOrCreate");
    assert.deepEqual((await readdir(join(root, "made"))).sort(), ["deep", "file"]);
    await assert.rejects(prepare(join(root, "made", "file"), "Directory"), /is not a directory$/);
    await assert.rejects(prepare(join(root, "made", "file"), "Socket"), /is not a socket file$/);
    await prepare(join(root, "made", "file"), "File");
  });
});

describe("mounts", () => {
  const mount = async (subPath: string, subPathExpr?: string) => {
    const [found] = await volumeMounts(
      {
        name: "app",
        volumeMounts: [{ name: "v", mountPath: "data", readOnly: true, subPath, ...(subPathExpr && { subPathExpr }) }],
      } as unknown as Container,
      new Map([["v", join(root, "vol")]]),
      new Map([["NAME", "one"]]),
    );
    return found;
  };
  before(async () => {
    await mkdir(join(root, "vol", "inside"), { recursive: true });
    await symlink("/etc", join(root, "vol", "leak"));
    await symlink("inside", join(root, "vol", "alias"));
  });

  test("a path inside the volume, made when it is missing", async () => {
    assert.deepEqual(await mount(""), { hostPath: join(root, "vol"), containerPath: "/data", readOnly: true });
    assert.equal((await mount("new/deep"))?.hostPath, join(root, "vol", "new", "deep"));
    assert.ok((await stat(join(root, "vol", "new", "deep"))).isDirectory());
    assert.equal((await mount("alias"))?.hostPath, join(root, "vol", "inside"));
    assert.equal((await mount("", "$(NAME)/x"))?.hostPath, join(root, "vol", "one", "x"));
  });

  for (const subPath of ["../vol2", "/etc", "leak", "leak/passwd", "leak/new"]) {
    test(`${subPath} leads out and is refused`, () => assert.rejects(mount(subPath), /volume/));
  }

  test("a volume that the pod does not have", async () => {
    const container = { name: "app", volumeMounts: [{ name: "none", mountPath: "/x" }] } as unknown as Container;
    await assert.rejects(volumeMounts(container, new Map(), new Map()), {
      message: 'cannot find volume "none" to mount into container',
    });
  });
});
