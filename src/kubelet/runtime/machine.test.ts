import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findTools } from "./machine.ts";

test("what a machine lacks is told in one sentence, with the way out", async (t) => {
  const base = await mkdtemp(join(tmpdir(), "minik8s-machine-"));
  t.after(() => rm(base, { recursive: true }));
  const [bin, cni] = [join(base, "bin"), join(base, "cni")];
  const program = async (dir: string, name: string, prints = "") => {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, name), `#!/bin/sh\necho '${prints}'\n`, { mode: 0o755 });
  };
  const find = (uid = 0) => findTools({ binDirs: [join(base, "none"), bin], cniDirs: [cni], uid });
  const install = "install it with: apt-get install containerd runc containernetworking-plugins";

  await assert.rejects(find(1000), /^Error: containers need root: run minik8s as root, or with sudo$/);
  await assert.rejects(
    find(),
    (error: Error) => error.message.startsWith("containerd was not found") && error.message.endsWith(install),
  );
  await program(bin, "containerd", "containerd github.com/containerd/containerd v1.4.3 abc");
  await assert.rejects(find(), (error: Error) => error.message.startsWith("runc was not found"));
  await program(bin, "runc");
  for (const name of ["bridge", "host-local", "loopback"]) await program(cni, name);
  await assert.rejects(
    find(),
    /^Error: the CNI plugins bridge, host-local, loopback, portmap were not found in any of /,
  );
  await program(cni, "portmap");
  await assert.rejects(find(), /containerd is version 1\.4, and 1\.6 or newer is needed: upgrade containerd$/);
  await program(bin, "containerd", "beta");
  await assert.rejects(find(), /which is no version$/);
  await program(bin, "containerd", "containerd github.com/containerd/containerd/v2 v2.1.4 abc");
  const found = { containerd: join(bin, "containerd"), major: 2, minor: 1, runc: join(bin, "runc"), cniBinDir: cni };
  assert.deepEqual(await find(), found);
});
