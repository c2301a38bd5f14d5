import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContainerdConfig, containerdConfig, containerdVersion } from "./containerd-config.ts";

const given: ContainerdConfig = {
  major: 1,
  minor: 6,
  root: "/data/root",
  state: "/data/state",
  socket: "/data/containerd.sock",
  snapshotter: "overlayfs",
  platform: "linux/amd64",
  runc: "/usr/sbin/runc",
  runcRoot: "/data/state/runc",
  sandboxImage: "minik8s.local/pause:1",
  cniBinDir: "/usr/lib/cni",
  cniConfDir: "/data/cni",
  registryDir: "/data/certs.d",
  restrictOomScore: true,
};

/** Table → key → value, as TOML of one line a value has them. */
function parse(text: string): Map<string, Map<string, unknown>> {
  const tables = new Map<string, Map<string, unknown>>();
  let table = new Map<string, unknown>();
  tables.set("", table);
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, name] = /^\[(.*)\]$/.exec(line) ?? [];
    if (name !== undefined) {
      assert.equal(tables.has(name), false, `${name} is there twice`);
      table = new Map();
      tables.set(name, table);
      continue;
    }
    const at = line.indexOf(" = ");
    table.set(line.slice(0, at), JSON.parse(line.slice(at + 3)));
  }
  return tables;
}

test("containerd 1 has one CRI plugin, which holds everything", () => {
  const tables = parse(containerdConfig(given));
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  assert.equal(tables.get("")?.get("version"), 2);
  assert.equal(tables.get(cri)?.get("sandbox_image"), given.sandboxImage);
  assert.equal(tables.get(cri)?.get("restrict_oom_score_adj"), true);
  assert.deepEqual([...(tables.get(`${cri}.cni`)?.entries() ?? [])].slice(0, 2), [
    ["bin_dir", "/usr/lib/cni"],
    ["conf_dir", "/data/cni"],
  ]);
  assert.equal(tables.get(`${cri}.containerd`)?.get("snapshotter"), "overlayfs");
  assert.equal(tables.get(`${cri}.containerd.runtimes.runc.options`)?.get("SystemdCgroup"), false);
  assert.equal(tables.get(`${cri}.registry`)?.get("config_path"), "/data/certs.d");
});

test("containerd 2 has images and runtime apart", () => {
  const tables = parse(containerdConfig({ ...given, major: 2, minor: 1, restrictOomScore: false }));
  const images = 'plugins."io.containerd.cri.v1.images"';
  const runtime = 'plugins."io.containerd.cri.v1.runtime"';
  assert.equal(tables.get("")?.get("version"), 3);
  assert.equal(tables.get(`${images}.pinned_images`)?.get("sandbox"), given.sandboxImage);
  assert.equal(tables.get(images)?.get("snapshotter"), "overlayfs");
  assert.deepEqual(tables.get(`${runtime}.cni`)?.get("bin_dirs"), ["/usr/lib/cni"]);
  assert.match(containerdConfig({ ...given, major: 2, minor: 0 }), /^bin_dir = "\/usr\/lib\/cni"$/m);
  const unpacking = tables.get('[plugins."io.containerd.transfer.v1.local".unpack_config]');
  assert.deepEqual(Object.fromEntries(unpacking ?? []), { platform: "linux/amd64", snapshotter: "overlayfs" });
  assert.equal(tables.get(runtime)?.get("restrict_oom_score_adj"), false);
  assert.equal(tables.get(`${runtime}.containerd.runtimes.runc.options`)?.get("Root"), "/data/state/runc");
  assert.equal(tables.get('plugins."io.containerd.grpc.v1.cri"')?.get("stream_server_address"), "127.0.0.1");
});

test("the snapshotter in use is not among the disabled plugins", () => {
  for (const snapshotter of ["overlayfs", "native"] as const) {
    const disabled = parse(containerdConfig({ ...given, snapshotter }))
      .get("")
      ?.get("disabled_plugins") as string[];
    assert.equal(disabled.includes(`io.containerd.snapshotter.v1.${snapshotter}`), false);
    assert.ok(disabled.includes("io.containerd.snapshotter.v1.zfs"));
  }
});

test("versions are read as distributions write them", () => {
  for (const [text, expected] of [
    ["containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", { major: 1, minor: 6 }],
    ["containerd containerd.io 1.7.24 88bf19b2105c8b17560993bee28a01ddc2f97182", { major: 1, minor: 7 }],
    [
      "containerd github.com/containerd/containerd/v2 v2.0.4 1a43cb6a1035441f9aca8f5666a9b3ef9e70ab20",
      { major: 2, minor: 0 },
    ],
    ["what?", undefined],
  ] as const) {
    assert.deepEqual(containerdVersion(text), expected, text);
  }
});
