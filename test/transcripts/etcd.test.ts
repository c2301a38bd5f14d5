import { after, before, describe } from "node:test";
import { clusterShell } from "#testing/cluster-shell.ts";
import { runTranscripts } from "#testing/transcript.ts";
import { type EtcdCluster, missing, startEtcd } from "../support/engines.ts";

describe("transcripts, on etcd", { skip: missing("etcd") }, () => {
  let etcd: EtcdCluster;
  let stores = 0;
  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd[Symbol.asyncDispose]());
  runTranscripts(import.meta.dirname, () => clusterShell({ nodes: 2, storage: `${etcd.url}/store-${stores++}` }));
});
