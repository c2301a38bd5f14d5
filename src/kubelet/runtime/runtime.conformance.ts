import assert from "node:assert/strict";
import { chmod, readFile, readlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Container, ContainerConfig, Runtime, RuntimeEvent, SandboxConfig } from "./runtime.ts";

/** A runtime under test and what surrounds it. */
export interface RuntimeUnderTest {
  readonly runtime: Runtime;
  /** An image that is already there, with a shell and the usual tools in /bin. */
  readonly image: string;
  /** A folder for logs and mounts. */
  readonly scratch: string;
  readonly cgroupParent: string;
  /** Kills the runtime without warning and has it back; its containers go on. */
  crash?(): Promise<void>;
  /** Called at the end, when everything was removed; fails when anything was left behind. */
  close(): Promise<void>;
}

export interface RuntimeSuite {
  readonly open: () => Promise<RuntimeUnderTest>;
  /** Why nothing can be tested here. */
  readonly skip?: string | undefined;
}

/** What the kubelet relies on, whichever runtime it is. */
export function describeRuntime(name: string, { open, skip }: RuntimeSuite): void {
  describe(`runtime ${name}`, { skip: skip ?? false }, () => {
    let under: RuntimeUnderTest;
    let pods: Pods;
    before(async () => {
      under = await open();
      pods = new Pods(under);
    });
    after(async () => {
      await pods.removeAll();
      await under.close();
    });
    describeSandboxes(() => pods);
    describeContainers(() => pods);
    describeNews(() => pods);
  });
}

function describeSandboxes(given: () => Pods): void {
  test("a sandbox is ready with an address, stops, and is gone", async () => {
    const { runtime } = given().under;
    const { id, config } = await given().sandbox("alone");
    const [listed] = (await runtime.list()).filter((sandbox) => sandbox.id === id);
    assert.deepEqual(listed?.pod, config.pod);
    assert.equal(listed?.ready, true);
    assert.match(listed?.ips[0] ?? "", /^\d+\.\d+\.\d+\.\d+$/);
    assert.equal(listed?.labels.app, "alone");
    assert.equal(listed?.annotations.note, "kept as it is");
    await runtime.stopSandbox(id);
    await runtime.stopSandbox(id);
    assert.equal((await runtime.sandbox(id))?.ready, false);
    await runtime.removeSandbox(id);
    await runtime.removeSandbox(id);
    assert.equal(await runtime.sandbox(id), undefined);
  });

  test("a pod can have the machine's own network, processes and name", async () => {
    const { runtime } = given().under;
    const own = { hostNetwork: true, hostPid: true, hostIpc: true };
    const pod = await given().sandbox("on-the-host", own);
    const main = await given().container(pod, "main", "exec sleep 600");
    assert.deepEqual((await runtime.sandbox(pod.id))?.ips, []);
    const script = "hostname; readlink /proc/self/ns/net; readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc";
    const { stdout } = await runtime.execSync(main, ["/bin/sh", "-c", script], 10_000);
    const namespaces = ["net", "pid", "ipc"].map((kind) => readlink(`/proc/self/ns/${kind}`));
    assert.deepEqual(stdout.toString().trim().split("\n"), [hostname(), ...(await Promise.all(namespaces))]);
  });

  test("containers of a sandbox share their processes when asked to", async () => {
    const { runtime } = given().under;
    const pod = await given().sandbox("open", { sharePidNamespace: true });
    await given().container(pod, "one", "exec sleep 611");
    const two = await given().container(pod, "two", "exec sleep 612");
    const { stdout } = await runtime.execSync(two, ["/bin/ps", "-o", "pid,args"], 10_000);
    assert.match(stdout.toString(), /^ +1 \/pause$/m);
    assert.match(stdout.toString(), /sleep 611/);
  });

  test("containers of a sandbox share localhost; pods reach each other by address", async () => {
    const { runtime } = given().under;
    const server = await given().pod("server", "echo hello > /tmp/page; exec httpd -f -p 8080 -h /tmp");
    const beside = await given().container(server, "beside", "exec sleep 600");
    const [ip] = (await runtime.sandbox(server.id))?.ips ?? [];
    const other = await given().pod("other", "exec sleep 600");
    // The server may take a moment to listen.
    const get = `for i in 1 2 3 4 5 6 7 8 9; do printf 'GET /page HTTP/1.0\\r\\n\\r\\n' | nc -w 2 $1 8080 && exit; sleep 0.1; done; exit 1`;
    const inside = await runtime.execSync(beside, ["/bin/sh", "-c", get, "-", "127.0.0.1"], 10_000);
    assert.match(inside.stdout.toString(), /\nhello\n$/, inside.stderr.toString());
    const across = await runtime.execSync(other.main, ["/bin/sh", "-c", get, "-", ip ?? ""], 10_000);
    assert.match(across.stdout.toString(), /\nhello\n$/, across.stderr.toString());
  });

  test("a byte stream reaches a port inside a sandbox", async () => {
    const { runtime } = given().under;
    const { id } = await given().pod("forwarded", "exec nc -ll -p 7000 -e cat");
    await wait(200);
    const stream = await runtime.portForward(id, 7000);
    stream.write("over and out");
    const [chunk] = await new Promise<Buffer[]>((resolve, reject) => {
      stream.once("data", (data: Buffer) => resolve([data])).once("error", reject);
    });
    assert.equal(chunk?.toString(), "over and out");
    stream.destroy();
  });
}

function describeContainers(given: () => Pods): void {
  test("exit codes and reasons are the process's own", async () => {
    const pod = await given().sandbox("ends");
    const [good, bad] = await Promise.all([
      given().container(pod, "good", "exit 0"),
      given().container(pod, "bad", "exit 3"),
    ]);
    const ended = await given().exited(pod.id, good);
    assert.deepEqual([ended.exitCode, ended.reason], [0, "Completed"]);
    assert.ok(Math.abs(Date.now() - (ended.finishedAt ?? 0)) < 10_000);
    const failed = await given().exited(pod.id, bad);
    assert.deepEqual([failed.exitCode, failed.reason], [3, "Error"]);
  });

  test("a memory limit is enforced, and its breach is told", async () => {
    const pod = await given().sandbox("hungry");
    const eat = "exec tail /dev/zero";
    const id = await given().container(pod, "main", eat, { resources: { memoryLimitBytes: 32 * 1024 * 1024 } });
    const ended = await given().exited(pod.id, id);
    assert.deepEqual([ended.exitCode, ended.signal, ended.reason], [137, 9, "OOMKilled"]);
  });

  test("logs are on disk, line by line, with time, stream and whether the line is whole", async () => {
    const pod = await given().sandbox("talks");
    const id = await given().container(pod, "main", "echo out; echo err >&2; printf part");
    const { logPath } = await given().exited(pod.id, id);
    const lines = (await readFile(logPath ?? "", "utf8")).trim().split("\n");
    const withoutTime = lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) /, ""));
    assert.deepEqual(withoutTime.toSorted(), ["stderr F err", "stdout F out", "stdout P part"]);
  });

  test("mounts, environment, folder, user and hostname are as asked for", async () => {
    const { runtime, scratch } = given().under;
    await chmod(scratch, 0o777);
    await writeFile(join(scratch, "given.txt"), "from outside");
    const pod = await given().sandbox("set-up");
    const id = await given().container(pod, "main", "exec sleep 600", {
      env: [{ name: "GREETING", value: "good day, $HOME" }],
      workingDir: "/work",
      mounts: [
        { hostPath: scratch, containerPath: "/data", readOnly: true },
        { hostPath: join(scratch, "given.txt"), containerPath: "/etc/given", readOnly: false },
      ],
      security: { runAsUser: 1000, runAsGroup: 1000 },
    });
    const script = 'cat /etc/given; echo; echo "$GREETING"; pwd; id -u; hostname; touch /data/new';
    const result = await runtime.execSync(id, ["/bin/sh", "-c", script], 10_000);
    assert.deepEqual(result.stdout.toString().split("\n").slice(0, -1), [
      "from outside",
      "good day, $HOME",
      "/work",
      "1000",
      "set-up",
    ]);
    assert.match(result.stderr.toString(), /Read-only file system/);
    assert.equal(result.exitCode, 1);
  });

  test("a stop gives the grace asked for, then kills", async () => {
    const { runtime } = given().under;
    const pod = await given().sandbox("stops");
    const [polite, deaf] = await Promise.all([
      given().container(pod, "polite", "trap 'exit 7' TERM; while :; do sleep 0.05; done"),
      given().container(pod, "deaf", "trap '' TERM; while :; do sleep 0.05; done"),
    ]);
    await wait(200); // until the shells have set their traps
    const begun = performance.now();
    await Promise.all([runtime.stopContainer(polite, 30), runtime.stopContainer(deaf, 1)]);
    const took = performance.now() - begun;
    assert.ok(took > 900 && took < 8000, `took ${took} ms`);
    assert.equal((await given().exited(pod.id, polite)).exitCode, 7);
    assert.equal((await given().exited(pod.id, deaf)).exitCode, 137);
    await runtime.stopContainer("no-such-container", 1);
  });

  test("commands run inside: to their end, too long, and with streams", async () => {
    const { runtime } = given().under;
    const { main } = await given().pod("does", "exec sleep 600");
    const done = await runtime.execSync(main, ["/bin/sh", "-c", "echo out; echo err >&2; exit 5"], 10_000);
    assert.deepEqual([done.exitCode, done.stdout.toString(), done.stderr.toString()], [5, "out\n", "err\n"]);
    await assert.rejects(runtime.execSync(main, ["/bin/sleep", "60"], 1000), /DeadlineExceeded|timeout/);
    await assert.rejects(runtime.execSync(main, ["/no/such/program"], 1000), /no such file or directory/);
    const session = await runtime.exec(main, ["/bin/sh", "-c", "read line; echo got $line; exit 4"], {
      stdin: true,
      stdout: true,
      stderr: true,
      tty: false,
    });
    session.stdin?.end("a line\n");
    const [output, code] = await Promise.all([text(session.stdout ?? assert.fail("no output")), session.exitCode]);
    assert.deepEqual([output, code], ["got a line\n", 4]);
  });

  test("usage is measured", async () => {
    const { runtime } = given().under;
    const { id } = await given().pod("busy", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exec sleep 600");
    await wait(300);
    const stats = (await runtime.stats()).find(({ sandboxId }) => sandboxId === id);
    assert.equal(stats?.pod.name, "busy");
    assert.equal(stats?.containers[0]?.name, "main");
    assert.ok((stats?.containers[0]?.cpuNanoseconds ?? 0) > 1_000_000);
    assert.ok((stats?.containers[0]?.memoryWorkingSetBytes ?? 0) > 0);
  });
}

function describeNews(given: () => Pods): void {
  test("starts, ends and removals are told; its end within 200 ms, when the runtime shows it", async () => {
    const { runtime } = given().under;
    const stop = new AbortController();
    const told: RuntimeEvent[] = [];
    const { id, config } = await given().sandbox("brief");
    const events = runtime.events(stop.signal);
    const first = events[Symbol.asyncIterator]().next(); // subscribes
    await wait(200);
    const main = await given().container({ id, config }, "main", "exec sleep 600");
    told.push((await first).value);
    if (told[0]?.type === "created") told.shift(); // not every runtime tells
    const until = async (type: RuntimeEvent["type"]) =>
      told.push(await firstEvent(events, (event) => event.type === type && event.containerId === main));
    if (told.length === 0) await until("started");
    await runtime.stopContainer(main, 0);
    await until("stopped");
    const delay = Date.now() - ((await given().find(id, main))?.finishedAt ?? 0);
    assert.equal((await given().find(id, main))?.state, "exited");
    assert.ok(delay < 200, `told after ${delay} ms`);
    await runtime.removeContainer(main);
    await until("deleted");
    stop.abort();
    assert.deepEqual(
      told.map(({ type, containerId }) => [type, containerId]),
      [
        ["started", main],
        ["stopped", main],
        ["deleted", main],
      ],
    );
    assert.deepEqual([told[1]?.sandboxId, told[1]?.podUid], [id, config.pod.uid]);
  });

  test("containers outlive the runtime, and news go on after it is back", async (t) => {
    const { runtime, crash } = given().under;
    if (!crash) return t.skip("this runtime cannot be crashed alone");
    const pod = await given().pod("survivor", "exec sleep 600");
    const before = (await runtime.sandbox(pod.id))?.containers.map(({ id, startedAt }) => [id, startedAt]);
    const stop = new AbortController();
    const events = runtime.events(stop.signal);
    const again = firstEvent(events, (event) => event.containerId === pod.main);
    await wait(50);
    await crash();
    assert.equal((await again).type, "started");
    const after = await runtime.sandbox(pod.id);
    assert.deepEqual(
      after?.containers.map(({ id, startedAt }) => [id, startedAt]),
      before,
    );
    assert.equal(after?.ready, true);
    const ended = firstEvent(events, (event) => event.type === "stopped" && event.containerId === pod.main);
    await runtime.stopContainer(pod.main, 0);
    await ended;
    stop.abort();
  });
}

interface PodUnderTest {
  readonly id: string;
  readonly config: SandboxConfig;
}

/** Makes pods, and forgets none. */
class Pods {
  readonly under: RuntimeUnderTest;
  readonly #sandboxes: string[] = [];

  constructor(under: RuntimeUnderTest) {
    this.under = under;
  }

  async sandbox(name: string, changes: Partial<SandboxConfig> = {}): Promise<PodUnderTest> {
    const uid = `uid-of-${name}`;
    const config: SandboxConfig = {
      pod: { name, namespace: "default", uid },
      attempt: 0,
      hostname: name,
      logDirectory: join(this.under.scratch, "logs", uid),
      portMappings: [],
      labels: { app: name },
      annotations: { note: "kept as it is" },
      cgroupParent: `${this.under.cgroupParent}/${uid}`,
      hostNetwork: false,
      hostPid: false,
      hostIpc: false,
      sharePidNamespace: false,
      sysctls: {},
      security: {},
      ...changes,
    };
    const id = await this.under.runtime.runSandbox(config);
    this.#sandboxes.push(id);
    return { id, config };
  }

  async container(
    { id, config }: PodUnderTest,
    name: string,
    script: string,
    changes: Partial<ContainerConfig> = {},
  ): Promise<string> {
    const { runtime, image } = this.under;
    const container: ContainerConfig = {
      name,
      attempt: 0,
      image,
      userSpecifiedImage: image,
      command: ["/bin/sh", "-c", script],
      args: [],
      workingDir: "",
      env: [],
      mounts: [],
      devices: [],
      labels: {},
      annotations: {},
      logPath: `${name}.log`,
      stdin: false,
      stdinOnce: false,
      tty: false,
      resources: {},
      security: {},
      ...changes,
    };
    const containerId = await runtime.createContainer(id, container, config);
    await runtime.startContainer(containerId);
    return containerId;
  }

  async pod(name: string, script: string): Promise<PodUnderTest & { readonly main: string }> {
    const pod = await this.sandbox(name);
    return { ...pod, main: await this.container(pod, "main", script) };
  }

  async find(sandboxId: string, containerId: string): Promise<Container | undefined> {
    const sandbox = await this.under.runtime.sandbox(sandboxId);
    return sandbox?.containers.find(({ id }) => id === containerId);
  }

  async exited(sandboxId: string, containerId: string): Promise<Container> {
    for (let tries = 0; tries < 500; tries++) {
      const container = await this.find(sandboxId, containerId);
      if (container?.state === "exited") return container;
      await wait(20);
    }
    throw new Error(`container ${containerId} did not end`);
  }

  async removeAll(): Promise<void> {
    const { runtime } = this.under;
    await Promise.all(
      this.#sandboxes.map(async (id) => {
        await runtime.stopSandbox(id);
        await runtime.removeSandbox(id);
      }),
    );
  }
}

/** The first that fits; the iterable stays open for more. */
async function firstEvent(
  events: AsyncIterable<RuntimeEvent>,
  accept: (event: RuntimeEvent) => boolean,
): Promise<RuntimeEvent> {
  const iterator = events[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) throw new Error("the events ended");
    if (accept(value)) return value;
  }
}
