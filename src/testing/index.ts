/** What the package offers as `minik8s/testing`: whole clusters in a test, and transcripts over them. */
export { clusterShell } from "./cluster-shell.ts";
export type { FakeClock } from "./fake-clock.ts";
export type { PodFate } from "./scripted-node.ts";
export { type TestCluster, type TestClusterOptions, testCluster } from "./test-cluster.ts";
export type { TestNode } from "./test-node.ts";
export { runTranscripts, type Shell } from "./transcript.ts";
