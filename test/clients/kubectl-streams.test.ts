/** logs, exec, attach, port-forward and cp by real kubectls: through the API server's proxy to a kubelet's server. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Node } from "#api/core/v1/node.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { type ApiError, notFound } from "#api/meta/api-error.ts";
import type { KnownRequest } from "#apiserver/http/exchange.ts";
import { type ConnectInfo, createKubeletProxy, type KubeletProxy } from "#apiserver/http/kubelet-proxy.ts";
import { send } from "#apiserver/http/outgoing.ts";
import { errorReply } from "#apiserver/http/response.ts";
import { issueCertificate } from "#cluster/certificates.ts";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import type { StreamOptions, StreamSession } from "#kubelet/runtime/runtime.ts";
import { type KubeletServer, startKubeletServer } from "#kubelet/server.ts";
import type { StreamRuntime } from "#kubelet/server-streams.ts";
import { newKubectl, oldKubectl } from "../support/clients.ts";

/** A "container" is a process of this machine: what runs in it is real, only its walls are missing. */
function processSession(command: readonly string[], options: StreamOptions): StreamSession {
  const [program = "", ...args] = options.tty
    ? ["script", "-qefc", command.map((word) => `'${word}'`).join(" "), "/dev/null"]
    : command;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {});
  if (!options.stdin) child.stdin.end();
  return {
    ...(options.stdin && { stdin: child.stdin }),
    stdout: child.stdout,
    ...(options.stderr && { stderr: child.stderr }),
    resize() {},
    exitCode: Promise.race([
      once(child, "close").then(([code]) => code ?? 137),
      once(child, "error").then(([error]) => Promise.reject(error)),
    ]),
    close: () => void child.kill("SIGKILL"),
  };
}

const attached: ChildProcess[] = [];
const runtime: StreamRuntime = {
  exec: async (_id, command, options) => processSession(command, options),
  attach: async (_id, options) => processSession(["sh", "-c", "echo attached; cat"], options),
  portForward: async (_sandbox, port) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    return socket;
  },
};

const container = (name: string) => ({ name, image: "app" });
const running = (name: string) => ({
  name,
  ready: true,
  restartCount: 0,
  image: "app",
  imageID: "app",
  containerID: `containerd://${name}`,
  state: { running: { startedAt: "2026-01-02T03:04:05Z" } },
});
const pod = (name: string, containers: string[], more: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "default",
    uid: `uid-${name}`,
    resourceVersion: "1",
    creationTimestamp: "2026-01-02T03:04:05Z",
  },
  spec: { nodeName: "one", containers: containers.map(container) },
  status: { phase: "Running", containerStatuses: containers.map(running) },
  ...more,
});
const pods = new Map<string, Pod>(
  [
    pod("web", ["app"]),
    pod("two", ["a", "b"]),
    pod("new", ["app"], {
      status: {
        phase: "Pending",
        containerStatuses: [{ ...running("app"), state: { waiting: { reason: "ContainerCreating" } } }],
      },
    }),
    pod("floating", ["app"], { spec: { containers: [container("app")] } }),
  ].map((p) => [p.metadata.name, p]),
);

let folder: string;
let kubelet: KubeletServer;
let proxy: KubeletProxy;
let api: Server;
let address: string;
const logPath = () => join(folder, "app.log");
let isRunning = true;
const node = (): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "one", uid: "n", resourceVersion: "1", creationTimestamp: "2026-01-02T03:04:05Z" },
  spec: {},
  status: {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  },
});

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubectl-streams-"));
  const times = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
  const ca = { ...issueCertificate({ ...times, commonName: "ca", usage: "ca" }), commonName: "ca" };
  const serving = issueCertificate({ ...times, commonName: "one", names: ["127.0.0.1"], usage: "server" }, ca);
  const client = issueCertificate({ ...times, commonName: "kube-apiserver-kubelet-client", usage: "client" }, ca);
  kubelet = await startKubeletServer({
    port: 0,
    host: "127.0.0.1",
    ...serving,
    clientCa: ca.cert,
    runtime,
    clock: systemClock,
    log: silentLogger,
    pods: {
      all: () => [...pods.values()],
      find(_namespace, name) {
        const found = pods.get(name);
        return (
          found && {
            pod: found,
            sandboxId: "sandbox",
            containerId: (c) => c,
            logPath: (c) => join(folder, `${c}.log`),
            isRunning: () => isRunning && name !== "new",
          }
        );
      },
    },
  });
  proxy = createKubeletProxy({
    async podAndNode(_namespace, name) {
      const found = pods.get(name);
      if (!found) throw notFound(Pods, name);
      return { pod: found, node: found.spec?.nodeName ? node() : undefined };
    },
    node: async () => node(),
    serviceEndpoint: async () => ({ host: "127.0.0.1", port: kubelet.port }),
    clientCert: client.cert,
    clientKey: client.key,
    kubeletCa: ca.cert,
  });
  api = standInApi(proxy);
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  address = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});

after(async () => {
  for (const child of attached) child.kill();
  proxy.close();
  await kubelet.close();
  api.closeAllConnections();
  api.close();
  await rm(folder, { recursive: true });
});

/** Just enough of an API server for kubectl to find pods; the connections go through the real proxy. */
function standInApi(to: KubeletProxy): Server {
  const resource = { name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get", "list"] };
  const documents: Record<string, object> = {
    "/api": { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] },
    "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
    "/api/v1": { kind: "APIResourceList", groupVersion: "v1", resources: [resource] },
    "/version": { major: "1", minor: "32", gitVersion: "v1.32.0" },
  };
  const info = (path: string): ConnectInfo | undefined => {
    const [, name, subresource, rest = ""] = /\/pods\/([^/]+)\/(\w+)(\/.*)?$/.exec(path) ?? [];
    if (!name || !subresource) return undefined;
    const kind = { kind: "connect", verb: "get", resource: Pods, namespace: "default" } as const;
    return { ...kind, name, subresource: subresource as ConnectInfo["subresource"], rest };
  };
  const requestOf = (incoming: IncomingMessage): KnownRequest => {
    const url = new URL(incoming.url ?? "/", "http://api");
    const gone = new AbortController();
    incoming.socket.once("close", () => gone.abort());
    const { method = "GET", headers } = incoming;
    const user = { name: "admin", groups: ["system:masters"] };
    return {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers,
      body: async () => Buffer.alloc(0),
      signal: gone.signal,
      user,
    };
  };
  const server = createServer(async (incoming, outgoing) => {
    const request = requestOf(incoming);
    const connection = info(request.path);
    const named = /\/pods\/([^/]+)$/.exec(request.path)?.[1];
    const document = documents[request.path] ?? (named && pods.get(named));
    try {
      if (!connection) {
        if (!document) throw notFound(Pods, named ?? request.path);
        outgoing.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(document));
      } else
        await send(outgoing, await to.connections(request, connection), {
          headers: {},
          method: request.method,
          acceptEncoding: undefined,
        });
    } catch (error) {
      await send(outgoing, errorReply(error as ApiError), { headers: {}, method: "GET", acceptEncoding: undefined });
    }
  });
  server.on("upgrade", (incoming, socket, head) => {
    const request = requestOf(incoming);
    void to.upgrade(request, info(request.path)!, incoming, { socket, head });
  });
  return server;
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Each client in each way of connecting that it knows. */
const clients: Record<string, { path: () => string; env: Record<string, string> }> = {
  "kubectl 1.35, WebSocket": { path: newKubectl, env: {} },
  "kubectl 1.35, SPDY": {
    path: newKubectl,
    env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" },
  },
  "kubectl 1.20": { path: oldKubectl, env: {} },
};

for (const [client, { path, env }] of Object.entries(clients)) {
  const options = () => ({ env: { ...process.env, ...env, HOME: folder, KUBECONFIG: "/dev/null" } });
  const common = () => ["--server", address, "-n", "default"];
  const kubectl = (args: string[], input = "") =>
    new Promise<Outcome>((resolve) => {
      const child = execFile(
        path(),
        [...common(), ...args],
        { ...options(), maxBuffer: 100e6, timeout: 20_000 },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
      );
      child.stdin?.on("error", () => {}); // a command may end before it has read its input
      child.stdin?.end(input);
    });

  describe(client, () => {
    test("exec: both outputs and the exit code", async () => {
      const { code, stdout, stderr } = await kubectl([
        "exec",
        "web",
        "--",
        "sh",
        "-c",
        "echo out; echo err >&2; exit 3",
      ]);
      assert.equal(code, 3, stderr);
      assert.equal(stdout, "out\n");
      assert.match(stderr, /^err\n/);
      assert.match(stderr, /command terminated with exit code 3/);
    });

    test("exec -i: input, and its end", async () => {
      const input = "line of input\n".repeat(200_000);
      const { code, stdout, stderr } = await kubectl(["exec", "-i", "web", "--", "cat"], input);
      assert.equal(code, 0, stderr);
      assert.ok(stdout === input, `${stdout.length} of ${input.length} bytes came back`);
    });

    test("exec: much output, and a command that does not wait for its input", async () => {
      const many = await kubectl(["exec", "web", "--", "head", "-c", "20000000", "/dev/zero"]);
      assert.equal(many.stdout.length, 20_000_000, many.stderr);
      const deaf = await kubectl(["exec", "-i", "web", "--", "echo", "bye"], "x".repeat(1_000_000));
      assert.equal(deaf.stdout, "bye\n", deaf.stderr);
    });

    test("exec -it in a terminal: the command has one too", async () => {
      const command = [
        path(),
        ...common(),
        "exec",
        "-it",
        "web",
        "--",
        "sh",
        "-c",
        "'test -t 0 && read x && echo got $x'",
      ];
      const terminal = spawn("script", ["-qefc", command.join(" "), "/dev/null"], options());
      let out = "";
      terminal.stdout.on("data", (chunk) => {
        if (out === "") terminal.stdin.write("words\r");
        out += chunk;
      });
      terminal.stdin.write("words\r");
      const [code] = await once(terminal, "close");
      assert.equal(code, 0, out);
      assert.match(out, /got words/);
    });

    test("exec: a command that is not there", async () => {
      const { code, stderr } = await kubectl(["exec", "web", "--", "no-such-program"]);
      assert.equal(code, 1);
      assert.match(stderr, /error executing command in container: .*no-such-program/);
    });

    test("attach", async () => {
      const { stdout, stderr } = await kubectl(["attach", "-i", "web"], "hello\n");
      assert.equal(stdout, "attached\nhello\n", stderr);
    });

    test("what cannot be: no such container, none chosen, not running, no node", async () => {
      const refused = async (...args: string[]) => (await kubectl(["exec", ...args, "--", "true"])).stderr;
      assert.match(await refused("web", "-c", "x"), /container x (is not valid for|not found in) pod web/);
      assert.match(await refused("new"), /unable to upgrade connection: container not found \("app"\)/);
      assert.match(await refused("floating"), /pod floating does not have a host assigned/);
      assert.match(await refused("missing"), /pods "missing" not found/);
    });

    test("logs, of the end, followed until the container has ended", async () => {
      isRunning = true;
      const line = (n: number) => `2026-01-02T03:04:0${n}.000000000Z stdout F line ${n}\n`;
      await writeFile(logPath(), line(1) + line(2) + line(3));
      assert.equal((await kubectl(["logs", "web"])).stdout, "line 1\nline 2\nline 3\n");
      assert.equal((await kubectl(["logs", "web", "--tail=1"])).stdout, "line 3\n");
      assert.equal(
        (await kubectl(["logs", "web", "--timestamps", "--since-time=2026-01-02T03:04:03Z"])).stdout,
        "2026-01-02T03:04:03.000000000Z line 3\n",
      );
      const followed = kubectl(["logs", "-f", "web", "--tail=1"]);
      await new Promise((resolve) => setTimeout(resolve, 500));
      await appendFile(logPath(), line(4));
      isRunning = false;
      assert.equal((await followed).stdout, "line 3\nline 4\n");
      isRunning = true;
    });

    test("logs that are not there", async () => {
      assert.match(
        (await kubectl(["logs", "new"])).stderr,
        /container "app" in pod "new" is waiting to start: ContainerCreating/,
      );
      assert.match(
        (await kubectl(["logs", "-p", "web"])).stderr,
        /previous terminated container "app" in pod "web" not found/,
      );
      assert.match((await kubectl(["logs", "web", "-c", "x"])).stderr, /container x is not valid for pod web/);
      assert.equal((await kubectl(["logs", "floating"])).stdout, "");
    });

    test("cp to the pod and back", async () => {
      const [there, back, inPod] = ["there", "back", "in-pod"].map((name) => join(folder, name));
      const content = "0123456789\n".repeat(100_000);
      await writeFile(there!, content);
      await rm(inPod!, { force: true });
      const to = await kubectl(["cp", there!, `web:${inPod}`]);
      assert.equal(to.code, 0, to.stderr);
      const from = await kubectl(["cp", `web:${inPod}`, back!]);
      assert.equal(from.code, 0, from.stderr);
      assert.equal((await import("node:fs")).readFileSync(back!, "utf8"), content);
      await rm(back!);
    });

    test("port-forward", async () => {
      const echo = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket).on("error", () => {}));
      echo.listen(0, "127.0.0.1");
      await once(echo, "listening");
      const { port } = echo.address() as AddressInfo;
      const child = spawn(path(), [...common(), "port-forward", "pod/web", `:${port}`], {
        ...options(),
        stdio: ["ignore", "pipe", "pipe"],
      });
      try {
        const [text] = await once(child.stdout, "data");
        const local = Number(/127\.0\.0\.1:(\d+)/.exec(String(text))?.[1]);
        const answers = Array.from({ length: 10 }, async (_, n) => {
          const socket = connect({ port: local, host: "127.0.0.1", allowHalfOpen: true });
          const sent = String(n).repeat(300_000);
          socket.end(sent);
          let got = "";
          for await (const chunk of socket) got += chunk;
          assert.ok(got === sent, `connection ${n}: ${got.length} bytes came back`);
        });
        await Promise.all(answers);
      } finally {
        child.kill();
        await once(child, "close");
        echo.close();
      }
    });
  });
}
