/** The real engines from the system's packages, each on ports and in folders of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Why tests with an engine cannot run here; `false` when they can. On a CI system a missing engine is a failure. */
export function missing(program: string): string | false {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/bin"];
  if (process.env.CI === "true" || folders.some((folder) => existsSync(join(folder, program)))) return false;
  return `${program} is not installed: tools/setup.sh test`;
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Resolves once it answers, rejects while it does not. */
  readonly ready: () => Promise<void>;
}

/** Ended with this process, however a test ends. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const { pid } of running) if (pid) process.kill(-pid, "SIGKILL");
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(1));

/** A program that can be killed, stopped for a while and started again with the same data. */
export class Engine implements AsyncDisposable {
  readonly #program: string;
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(program: string, options: ProgramOptions) {
    this.#program = program;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(limitMs = 60_000): Promise<void> {
    this.launch();
    await this.ready(limitMs);
  }

  /** Without waiting until it answers: the members of a cluster wait for each other. */
  launch(): void {
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, ...this.#options.env };
    this.#output = "";
    // a group of its own, so that a shell script's children end with it
    const child = spawn(this.#program, this.#options.args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => {
        this.#output = (this.#output + data.toString()).slice(-4_000);
      });
    }
    child.once("error", (error) => {
      this.#output += String(error);
    });
    child.once("close", () => running.delete(child));
    running.add(child);
    this.#child = child;
  }

  async ready(limitMs = 60_000): Promise<void> {
    const end = performance.now() + limitMs;
    for (;;) {
      try {
        return await this.#options.ready();
      } catch (error) {
        if (this.#child?.exitCode !== null)
          throw new Error(`${this.#program} ended: ${this.#output}`, { cause: error });
        if (performance.now() > end)
          throw new Error(`${this.#program} does not answer: ${this.#output}`, { cause: error });
        await wait(50);
      }
    }
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child?.pid && this.#child.exitCode === null) process.kill(-this.#child.pid, name);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    process.kill(-child.pid, "SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export interface EtcdCluster extends AsyncDisposable {
  /** For `--storage`. */
  readonly url: string;
  readonly members: readonly Engine[];
}

export interface EtcdOptions {
  readonly members?: number;
  /** Files for clients' connections. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

export async function startEtcd({ members: count = 1, tls }: EtcdOptions = {}): Promise<EtcdCluster> {
  const folder = await mkdtemp(join(tmpdir(), "etcd-"));
  const ports = await freePorts(count * 2);
  const client = (i: number) => `${tls ? "https" : "http"}://127.0.0.1:${ports[i * 2]}`;
  const peer = (i: number) => `http://127.0.0.1:${ports[i * 2 + 1]}`;
  const numbers = Array.from({ length: count }, (_, i) => i);
  const security = tls
    ? ["--client-cert-auth", `--trusted-ca-file=${tls.ca}`, `--cert-file=${tls.cert}`, `--key-file=${tls.key}`]
    : [];
  const members = numbers.map(
    (i) =>
      new Engine("etcd", {
        args: [
          ...[`--name=m${i}`, `--data-dir=${join(folder, `m${i}`)}`, "--logger=zap", "--log-level=error"],
          ...[`--listen-client-urls=${client(i)}`, `--advertise-client-urls=${client(i)}`],
          ...[`--listen-peer-urls=${peer(i)}`, `--initial-advertise-peer-urls=${peer(i)}`],
          ...[`--initial-cluster=${numbers.map((j) => `m${j}=${peer(j)}`).join(",")}`],
          ...security,
        ],
        ready: () => listens(ports[i * 2]!),
      }),
  );
  for (const member of members) member.launch();
  await Promise.all(members.map((member) => member.ready()));
  return {
    url: `${tls ? "etcds" : "etcd"}://${numbers.map((i) => `127.0.0.1:${ports[i * 2]}`).join(",")}`,
    members,
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((member) => member.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when somebody takes connections there. */
export async function listens(port: number): Promise<void> {
  const { connect } = await import("node:net");
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

export interface RunningEngine extends AsyncDisposable {
  readonly url: string;
  readonly engine: Engine;
}

export async function startRedis(): Promise<RunningEngine> {
  const folder = await mkdtemp(join(tmpdir(), "redis-"));
  const [port] = await freePorts(1);
  const settings = { port, bind: "127.0.0.1", dir: folder, save: "", appendonly: "yes", appendfsync: "always" };
  const engine = new Engine("redis-server", {
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ready: () => listens(port!),
  });
  return started(engine, `redis://127.0.0.1:${port}`, folder);
}

async function started(engine: Engine, url: string, folder: string): Promise<RunningEngine> {
  const end = async () => {
    await engine.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await engine.start();
  } catch (error) {
    await end();
    throw error;
  }
  return { url, engine, [Symbol.asyncDispose]: end };
}

export async function startRabbit(): Promise<RunningEngine> {
  const folder = await mkdtemp(join(tmpdir(), "rabbit-"));
  const [port, distribution, epmd] = await freePorts(3);
  const env = {
    HOME: folder, // of the cookie
    ERL_EPMD_PORT: String(epmd),
    RABBITMQ_NODENAME: `test-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "none"),
    RABBITMQ_CONFIG_FILE: join(folder, "none"),
  };
  // not the one on the PATH, which as root becomes another user that cannot write here
  const engine = new Engine("/usr/lib/rabbitmq/bin/rabbitmq-server", { args: [], env, ready: () => listens(port!) });
  const running = await started(engine, `amqp://guest:guest@127.0.0.1:${port}`, folder);
  return {
    ...running,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      // Erlang's port mapper has made itself a daemon; it ends only once no node is left
      const stop = spawn("epmd", ["-kill"], { env: { ...process.env, ...env }, stdio: "ignore" });
      await new Promise((done) => stop.once("close", done));
    },
  };
}
