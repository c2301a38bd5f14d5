import { createHash } from "node:crypto";
import { join } from "node:path";

/** Where our containerd keeps its things, all below one folder. */
export function containerdPaths(dir: string) {
  const socketDir = socketDirOf(dir);
  const state = join(dir, "state");
  return {
    dir,
    root: join(dir, "root"),
    state,
    /** runc's own notes of each container. */
    runcRoot: join(state, "runc"),
    socketDir,
    socket: join(socketDir, "containerd.sock"),
    config: join(dir, "config.toml"),
    pidFile: join(dir, "containerd.pid"),
    log: join(dir, "containerd.log"),
    cniConfDir: join(dir, "cni"),
    cniConfig: join(dir, "cni", "10-minik8s.conflist"),
    cniDataDir: join(dir, "cni-addresses"),
    registryDir: join(dir, "certs.d"),
  };
}

export type ContainerdPaths = ReturnType<typeof containerdPaths>;

/** The kernel takes socket paths of up to 107 bytes, and the longest of containerd's ends in `.ttrpc`. */
const longestSocket = 106;

function socketDirOf(dir: string): string {
  if (Buffer.byteLength(join(dir, "containerd.sock.ttrpc")) <= longestSocket) return dir;
  return join("/run", `minik8s-${createHash("sha256").update(dir).digest("hex").slice(0, 12)}`);
}
