/** What decides the configuration of our containerd. */
export interface ContainerdConfig {
  /** Version of containerd: its plugins were renamed in 2.0, and one of their settings in 2.1. */
  readonly major: number;
  readonly minor: number;
  readonly root: string;
  readonly state: string;
  readonly socket: string;
  readonly snapshotter: "overlayfs" | "native";
  /** Of this machine, as `linux/amd64`. */
  readonly platform: string;
  readonly runc: string;
  readonly runcRoot: string;
  readonly sandboxImage: string;
  readonly cniBinDir: string;
  readonly cniConfDir: string;
  /** Folder of `<registry>/hosts.toml` files: mirrors and certificates. */
  readonly registryDir: string;
  /** We may not lower the OOM score of a process, so containers get no lower one than ours. */
  readonly restrictOomScore: boolean;
}

/** Parts that a node of ours never uses; without them containerd starts faster and stays smaller. */
const unused = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.restart",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.monitor.v1.cgroups",
  "io.containerd.monitor.task.v1.cgroups",
];

/** Sizes of images and layers are measured this often, in seconds: it walks all files that containers wrote. */
const statsPeriodSeconds = 60;

type Value = string | number | boolean | readonly string[];
type Table = Readonly<Record<string, Value>>;

/** The text of containerd's config.toml. */
export function containerdConfig(config: ContainerdConfig): string {
  const others = config.snapshotter === "overlayfs" ? "native" : "overlayfs";
  const modern = config.major >= 2;
  return [
    table("", {
      version: modern ? 3 : 2,
      root: config.root,
      state: config.state,
      disabled_plugins: [...unused, `io.containerd.snapshotter.v1.${others}`],
    }),
    table("grpc", { address: config.socket }),
    table("ttrpc", { address: `${config.socket}.ttrpc` }),
    table("debug", { level: "warn" }),
    ...(modern ? criOf2(config) : criOf1(config)),
  ].join("\n");
}

const runtimeType = { runtime_type: "io.containerd.runc.v2" };
const runcOptions = (config: ContainerdConfig): Table => ({
  BinaryName: config.runc,
  Root: config.runcRoot,
  SystemdCgroup: false,
});
const cni = (config: ContainerdConfig): Table => ({
  ...(config.major > 2 || (config.major === 2 && config.minor >= 1)
    ? { bin_dirs: [config.cniBinDir] }
    : { bin_dir: config.cniBinDir }),
  conf_dir: config.cniConfDir,
  max_conf_num: 1,
});
const streaming: Table = { stream_server_address: "127.0.0.1", stream_server_port: "0" };

function criOf1(config: ContainerdConfig): string[] {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    table(cri, {
      ...streaming,
      sandbox_image: config.sandboxImage,
      restrict_oom_score_adj: config.restrictOomScore,
      netns_mounts_under_state_dir: true,
      stats_collect_period: statsPeriodSeconds,
    }),
    table(`${cri}.cni`, cni(config)),
    table(`${cri}.containerd`, { snapshotter: config.snapshotter, default_runtime_name: "runc" }),
    table(`${cri}.containerd.runtimes.runc`, runtimeType),
    table(`${cri}.containerd.runtimes.runc.options`, runcOptions(config)),
    table(`${cri}.registry`, { config_path: config.registryDir }),
  ];
}

function criOf2(config: ContainerdConfig): string[] {
  const runtime = 'plugins."io.containerd.cri.v1.runtime"';
  const images = 'plugins."io.containerd.cri.v1.images"';
  return [
    table('plugins."io.containerd.grpc.v1.cri"', streaming),
    table('plugins."io.containerd.nri.v1.nri"', { disable: true }),
    table(runtime, { restrict_oom_score_adj: config.restrictOomScore, netns_mounts_under_state_dir: true }),
    table(`${runtime}.cni`, cni(config)),
    table(`${runtime}.containerd`, { default_runtime_name: "runc" }),
    table(`${runtime}.containerd.runtimes.runc`, runtimeType),
    table(`${runtime}.containerd.runtimes.runc.options`, runcOptions(config)),
    table(images, { snapshotter: config.snapshotter, stats_collect_period: statsPeriodSeconds }),
    table(`${images}.pinned_images`, { sandbox: config.sandboxImage }),
    table(`${images}.registry`, { config_path: config.registryDir }),
    // Images are unpacked by a part that takes overlayfs unless told otherwise, and without it nothing else starts.
    table('[plugins."io.containerd.transfer.v1.local".unpack_config]', {
      platform: config.platform,
      snapshotter: config.snapshotter,
    }),
  ];
}

function table(name: string, values: Table): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `${name ? `[${name}]\n` : ""}${lines.join("\n")}\n`;
}

/** The version in what `containerd --version` prints, as `containerd github.com/containerd/containerd v1.7.2 0cae528`. */
export function containerdVersion(text: string): { readonly major: number; readonly minor: number } | undefined {
  const [, major, minor] = /\bv?(\d+)\.(\d+)\.\d+/.exec(text) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}
