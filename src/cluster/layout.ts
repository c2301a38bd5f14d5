import { join } from "node:path";

/** Where things lie in a data folder. */
export function layoutOf(dataDir: string) {
  const at = (...parts: string[]) => join(dataDir, ...parts);
  return {
    dataDir,
    /** What a cluster is once and for all: its address ranges, names and format version. */
    identity: at("cluster.json"),
    kubeconfig: at("admin.kubeconfig"),
    server: at("server"),
    storage: at("server", "store"),
    pki: at("server", "pki"),
    agent: at("agent"),
    agentKubeconfig: at("agent", "kubeconfig"),
    kubeletCert: at("agent", "pki", "kubelet.crt"),
    kubeletKey: at("agent", "pki", "kubelet.key"),
    kubeletCa: at("agent", "pki", "ca.crt"),
    /** The backends that have routed Services here, a line each. */
    proxyBackend: at("agent", "proxy-backends"),
    checkpoint: at("agent", "checkpoint"),
    containerd: at("containerd"),
    logs: at("logs"),
    podLogs: at("agent", "pod-logs"),
    pidFile: (name: string) => at("run", `${name}.pid`),
    logFile: (name: string) => at("logs", `${name}.log`),
    run: at("run"),
  };
}

export type Layout = ReturnType<typeof layoutOf>;
