/** Parts are killed under load; afterwards nothing that was promised is missing. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { CoreV1Api, KubeConfig, makeInformer } from "@kubernetes/client-node";
import type { Kubectl } from "../support/kubectl.ts";
import { type Machine, needsRealContainers, startMachine } from "../support/machine.ts";

const manifest = join(import.meta.dirname, "../../examples/web/web.yaml");

describe("faults", needsRealContainers, () => {
  let machine: Machine;
  let kubectl: Kubectl;
  let address: string;

  before(async () => {
    machine = await startMachine();
    kubectl = await machine.kubectl("1.35");
    await kubectl.ok(["apply", "-f", manifest]);
    await kubectl.ok(["wait", "--for=condition=Available", "deployment/web", "--timeout=60s"]);
    address = await kubectl.ok(["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"]);
    await answering(address); // the way to a pod is known a moment after the pod itself
  });
  after(() => machine?.[Symbol.asyncDispose]());

  const pidOf = (role: string) =>
    Number(readFileSync(join(machine.dataDir, "run", `${role}.pid`), "utf8").split(" ")[0]);

  /** Name, container id and restarts of every pod: what must not change when only our own processes die. */
  async function containers(): Promise<string> {
    const template =
      "{range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}\n{end}";
    return kubectl.ok(["get", "pods", "-o", `jsonpath=${template}`]);
  }

  async function up(): Promise<void> {
    const { code, stderr } = await machine.minik8s("up");
    assert.equal(code, 0, stderr);
  }

  test("the server is killed three times under writes, traffic and watches", async () => {
    const running = await containers();
    const config = new KubeConfig();
    config.loadFromFile(machine.kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    const stop = new AbortController();
    const acknowledged: string[] = [];
    const seen = new Set<string>();

    const informer = makeInformer(config, "/api/v1/namespaces/default/configmaps", () =>
      api.listNamespacedConfigMap({ namespace: "default" }),
    );
    informer.on("add", (object) => seen.add(object.metadata?.name ?? ""));
    informer.on("error", () => {
      if (stop.signal.aborted) return;
      setTimeout(() => void informer.start().catch(() => {}), 100); // as its users do; a failed start is an error again
    });
    await informer.start();
    const writing = write(api, acknowledged, stop.signal);
    const traffic = ask(address, stop.signal);
    for (let round = 0; round < 3; round++) {
      await wait(700);
      process.kill(pidOf("server"), "SIGKILL");
      await wait(300);
      await up();
    }
    await wait(700);
    stop.abort();
    await writing;
    const { answered, failed } = await traffic;

    const stored = (await api.listNamespacedConfigMap({ namespace: "default" })).items;
    const values = new Map(stored.map((each) => [each.metadata?.name, each.data?.value]));
    const lost = acknowledged.filter((name) => values.get(name) !== `value of ${name}`);
    assert.deepEqual(lost, [], `of ${acknowledged.length} acknowledged writes`);
    assert.ok(acknowledged.length > 20, `only ${acknowledged.length} writes`);
    assert.deepEqual({ failed, enough: answered > 50 }, { failed: [], enough: true }, `${answered} answers`);
    assert.equal(await containers(), running, "the same containers, not restarted");
    const last = acknowledged.at(-1) as string;
    for (let tries = 0; !seen.has(last) && tries < 100; tries++) await wait(100);
    assert.deepEqual(
      acknowledged.filter((name) => !seen.has(name)),
      [],
      "the watch has told of every write",
    );
    await informer.stop();
  });

  test("the agent is killed: the same containers are adopted, and the node goes on working", async () => {
    const running = await containers();
    const stop = new AbortController();
    const traffic = ask(address, stop.signal);
    process.kill(pidOf("agent"), "SIGKILL");
    await wait(1000);
    await up();
    await kubectl.ok(["wait", "--for=condition=Ready", "pods", "--all", "--timeout=30s"]);
    stop.abort();
    const { answered, failed } = await traffic;
    assert.deepEqual({ failed, enough: answered > 10 }, { failed: [], enough: true });
    assert.equal(await containers(), running);
    await kubectl.ok(["scale", "deployment/web", "--replicas=3"]);
    await kubectl.ok(["rollout", "status", "deployment/web", "--timeout=30s"]);
    await kubectl.ok(["scale", "deployment/web", "--replicas=2"]);
    for (let tries = 0; (await containers()).split("\n").length > 2 && tries < 200; tries++) await wait(100);
  });

  test("a container is killed: it is restarted, and says so", async () => {
    const template = "jsonpath={.items[*].status.containerStatuses[0].restartCount}";
    const restarts = async () => {
      const counts = (await kubectl.ok(["get", "pods", "-l", "app=web", "-o", template])).split(" ");
      return counts.reduce((sum, count) => sum + Number(count), 0);
    };
    const earlier = await restarts();
    // from outside: nothing inside a PID namespace can kill its first process
    const [victim] = processesOf(machine.dataDir).filter((pid) => read(`/proc/${pid}/cmdline`).startsWith("httpd"));
    kill(victim as number);
    for (let tries = 0; (await restarts()) === earlier && tries < 100; tries++) await wait(100);
    assert.equal(await restarts(), earlier + 1);
    await kubectl.ok(["wait", "--for=condition=Ready", "pods", "-l", "app=web", "--timeout=30s"]);
  });

  test("everything dies at once, as in a power cut: the pods come back by themselves", async () => {
    await kubectl.ok(["wait", "--for=condition=Available", "deployment/web", "--timeout=60s"]);
    const counts = "jsonpath={.items[*].status.containerStatuses[0].restartCount}";
    const before = await kubectl.ok(["get", "pods", "-l", "app=web", "-o", counts]);
    for (const pid of processesOf(machine.dataDir)) kill(pid);
    for (let tries = 0; processesOf(machine.dataDir).length > 0 && tries < 50; tries++) await wait(100);
    await up();
    // what the server knows is from before: only a higher count of restarts tells that a pod runs again
    const restarted = async () => (await kubectl.ok(["get", "pods", "-l", "app=web", "-o", counts])) !== before;
    for (let tries = 0; !(await restarted()) && tries < 200; tries++) await wait(100);
    await kubectl.ok(["wait", "--for=condition=Ready", "pods", "-l", "app=web", "--timeout=60s"]);
    await answering(address);
    const stop = new AbortController();
    const traffic = ask(address, stop.signal);
    await wait(500);
    stop.abort();
    const { answered, failed } = await traffic;
    assert.deepEqual({ failed, some: answered > 5 }, { failed: [], some: true });
  });
});

/** Creates ConfigMaps one after the other for as long as it may; those whose creation was answered are noted. */
async function write(api: CoreV1Api, acknowledged: string[], signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const name = `storm-${i}`;
    try {
      const body = { metadata: { name }, data: { value: `value of ${name}` } };
      await api.createNamespacedConfigMap({ namespace: "default", body });
      acknowledged.push(name);
    } catch {
      await wait(20); // the server is gone for the moment: this write was never promised
    }
  }
}

/** Resolves when the Service answers for the first time. */
async function answering(host: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await answerOf(host)) === "answered") return;
    await wait(100);
  }
  throw new Error(`${host} does not answer`);
}

/** Asks the Service over and over on connections of their own, and counts. */
async function ask(host: string, signal: AbortSignal): Promise<{ answered: number; failed: string[] }> {
  const begun = performance.now();
  const failed: string[] = [];
  let answered = 0;
  while (!signal.aborted) {
    const outcome = await answerOf(host);
    if (outcome === "answered") answered++;
    else failed.push(`${outcome} after ${Math.round(performance.now() - begun)} ms`);
    await wait(15);
  }
  return { answered, failed };
}

/** `answered`, or what went wrong. */
function answerOf(host: string): Promise<string> {
  return new Promise((done) => {
    const asking = request({ host, port: 80, path: "/", agent: false, timeout: 3000 }, (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode === 200 ? "answered" : `status ${answer.statusCode}`));
      answer.on("error", (error) => done(error.message));
    });
    asking.on("timeout", () => asking.destroy(new Error("no answer in 3 s")));
    asking.on("error", (error) => done(error.message));
    asking.end();
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Server, agent, containerd and its shims of one cluster, and the processes inside its containers. */
function processesOf(dataDir: string): number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const own = all.filter((pid) => read(`/proc/${pid}/cmdline`).includes(dataDir) && pid !== process.pid);
  const parents = new Map(all.map((pid) => [pid, Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])]));
  const inside = all.filter((pid) => own.includes(parents.get(pid) ?? 0));
  return [...new Set([...own, ...inside])];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
}
