/**
 * How long pods take from being created to Ready, beside the bare CRI calls that they cannot do without, in one run, one after the other.
 * Goals: one at a time p50 ≤ 1.3 × bare, a Deployment of 40 ≤ 1.25 × bare at its best.
 * Run as root: node bench/pods.ts [ONE BY ONE] [DEPLOYMENT] [PARALLEL,…]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Deployments, Pods } from "#api/catalog.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { type Client, createClient } from "#client/client.ts";
import { connectTransport } from "#cluster/connect.ts";
import { withBareRuntime } from "./cri-bare.ts";
import { quantile, report, round } from "./support/figures.ts";

const minik8s = resolve(import.meta.dirname, "../bin/minik8s");
const singles = Number(process.argv[2] ?? 15);
const replicas = Number(process.argv[3] ?? 40);
const parallels = (process.argv[4] ?? "4,4,8,8,4").split(",").map(Number);

/** The node removes what is left of pods after they are gone from the API; that is not to slow down who comes next. */
const afterwardsMs = 5000;

const namespace = "default";
const spec = {
  terminationGracePeriodSeconds: 0,
  automountServiceAccountToken: false,
  containers: [{ name: "main", image: "minik8s/web:1.0", command: ["sleep", "3600"] }],
};

const isReady = (pod: Pod) =>
  (pod.status?.conditions ?? []).some((condition) => condition.type === "Ready" && condition.status === "True");

/** Resolves once as many pods are Ready as wanted. */
async function podsReady(client: Client, labelSelector: string, wanted: number): Promise<void> {
  const abort = new AbortController();
  const { metadata, items } = await client.list(Pods, { namespace, labelSelector });
  const ready = new Set(items.filter(isReady).map((pod) => pod.metadata.name));
  if (ready.size >= wanted) return;
  const watch = await client.watch(Pods, {
    namespace,
    labelSelector,
    resourceVersion: metadata.resourceVersion,
    signal: abort.signal,
  });
  for await (const batch of watch) {
    for (const event of batch)
      if (event.type !== "BOOKMARK" && isReady(event.object)) ready.add(event.object.metadata.name);
    if (ready.size >= wanted) break;
  }
  abort.abort();
}

async function gone(client: Client): Promise<void> {
  while ((await client.list(Pods, { namespace })).items.length > 0) await new Promise((done) => setTimeout(done, 50));
}

async function onePod(client: Client, name: string): Promise<number> {
  const ready = podsReady(client, `bench=${name}`, 1);
  const begun = performance.now();
  await client.create(Pods, { metadata: { namespace, name, labels: { bench: name } }, spec });
  await ready;
  const ms = performance.now() - begun;
  await client.delete(Pods, { namespace, name }, { gracePeriodSeconds: 0 });
  await gone(client);
  return ms;
}

async function deployment(client: Client): Promise<number> {
  const labels = { app: "bench" };
  const ready = podsReady(client, "app=bench", replicas);
  const begun = performance.now();
  await client.create(Deployments, {
    metadata: { namespace, name: "bench" },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  });
  await ready;
  const ms = performance.now() - begun;
  await client.delete(Deployments, { namespace, name: "bench" });
  await gone(client);
  await new Promise((done) => setTimeout(done, afterwardsMs));
  return ms;
}

const folder = mkdtempSync(join(tmpdir(), "minik8s-pods-"));
const run = (...args: string[]) =>
  execFileSync(minik8s, [...args, `--data-dir=${folder}`], { stdio: ["ignore", "pipe", "pipe"] });
try {
  run("up", "--port=16444", "--cluster-cidr=10.197.0.0/16", "--service-cluster-ip-range=10.196.0.0/16");
  const tar = join(folder, "web.tar");
  writeFileSync(
    tar,
    execFileSync("sh", [resolve(import.meta.dirname, "../examples/web/image.sh")], { maxBuffer: 2 ** 26 }),
  );
  run("image", "load", tar);
  const transport = await connectTransport(join(folder, "admin.kubeconfig"));
  const client = createClient(transport);
  await withBareRuntime(async (bare) => {
    await onePod(client, "first"); // makes the bridge
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < singles; i++) {
      theirs.push((await bare({ pods: 1, parallel: 1 })).podMs);
      ours.push(await onePod(client, `one-${i}`));
    }
    const [p50, bareP50] = [quantile(ours, 0.5), quantile(theirs, 0.5)];
    report("pod create to Ready, one at a time", {
      p50Ms: round(p50),
      p90Ms: round(quantile(ours, 0.9)),
      bareP50Ms: round(bareP50),
      ratio: round(p50 / bareP50, 2),
      goal: 1.3,
      pods: singles,
    });

    const rounds: { bareMs: number; ms: number }[] = [];
    const byParallel = new Map<number, number[]>();
    for (const parallel of parallels) {
      const bareMs = (await bare({ pods: replicas, parallel })).allMs;
      byParallel.set(parallel, [...(byParallel.get(parallel) ?? []), bareMs]);
      rounds.push({ bareMs, ms: await deployment(client) });
    }
    report(`Deployment of ${replicas}`, {
      ms: round(
        quantile(
          rounds.map((each) => each.ms),
          0.5,
        ),
        0,
      ),
      bareMs: round(
        quantile(
          rounds.map((each) => each.bareMs),
          0.5,
        ),
        0,
      ),
      ratio: round(
        quantile(
          rounds.map((each) => each.ms / each.bareMs),
          0.5,
        ),
        2,
      ),
      goal: 1.25,
      bareByParallel: [...byParallel].map(([parallel, all]) => `${parallel}: ${all.join(", ")} ms`).join("; "),
      all: rounds.map((each) => round(each.ms, 0)).join(", "),
    });
  });
  transport.close();
} finally {
  run("reset", "--yes");
  rmSync(folder, { recursive: true, force: true });
}
