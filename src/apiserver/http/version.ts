import { arch, version as node, platform } from "node:process";

/** The version of Kubernetes whose API this is. The plus matters: after a minus it would be a pre-release, older than 1.36 for charts. */
export const versionInfo = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0+minik8s",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: `node${node}`,
  compiler: "node",
  platform: `${platform}/${arch === "x64" ? "amd64" : arch}`,
} as const;
