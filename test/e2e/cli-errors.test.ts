/** What goes wrong at a start is told in one sentence with the way out, and costs nothing that was there. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const program = resolve(import.meta.dirname, "../../bin/minik8s");
const scratch = mkdtempSync(join(tmpdir(), "minik8s-errors-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const { KUBECONFIG: _, MINIK8S_DATA: __, ...plainEnvironment } = process.env;

function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const result = spawnSync(command, args, { encoding: "utf8", env: { ...plainEnvironment, ...env }, timeout: 60_000 });
  return { status: result.status, out: result.stdout, err: result.stderr };
}
const minik8s = (...args: string[]) => run(program, args);

let folders = 0;
const folder = () => join(scratch, `data-${folders++}`);

/** Status 1, nothing on standard output, and the last line on standard error says what and what to do. */
function assertRefused({ status, out, err }: ReturnType<typeof run>, expected: RegExp): void {
  assert.equal(status, 1, err);
  assert.equal(out, "");
  const last = err.trim().split("\n").at(-1) ?? "";
  assert.match(last, expected);
  assert.doesNotMatch(err, /\n\s+at /, "no stack");
}

const root = process.getuid?.() === 0;
const needsRoot = { skip: root ? false : "needs root" };

test("the port is taken", needsRoot, async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, "0.0.0.0", done));
  const { port } = other.address() as { port: number };
  const data = folder();
  assertRefused(
    minik8s("up", `--data-dir=${data}`, `--port=${port}`),
    new RegExp(`^error: port ${port} is taken by another program: .* --port`),
  );
  other.close();
  assert.equal(existsSync(join(data, "run", "server.pid")), false);
});

/** Runs as somebody without any rights, in a data folder that is theirs. */
function asNobody(data: string, ...args: string[]) {
  mkdirSync(data, { recursive: true });
  chmodSync(data, 0o777);
  chmodSync(scratch, 0o755);
  return run("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", program, ...args, `--data-dir=${data}`]);
}

test("not root", needsRoot, () => {
  assertRefused(
    asNobody(folder(), "up"),
    /^error: a node needs root to run containers: use sudo, or --runtime=simulated:/,
  );
});

test("without root, simulated containers run, and go again", needsRoot, async () => {
  const data = folder();
  const up = asNobody(data, "up", "--runtime=simulated:", `--port=${await freePort()}`);
  try {
    assert.equal(up.status, 0, up.err);
  } finally {
    const { status, err } = asNobody(data, "reset", "--yes");
    assert.equal(status, 0, err);
  }
  assert.deepEqual(readdirSync(data), []);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** Runs with something missing from this machine: an empty file or folder lies over it, for this command only. */
function without(path: string, ...args: string[]) {
  const empty = join(scratch, "empty");
  mkdirSync(empty, { recursive: true });
  const cover = `[ -d "$1" ] && mount --bind "${empty}" "$1" || mount --bind /dev/null "$1"`;
  return run("unshare", ["--mount", "sh", "-c", `${cover}; shift; exec "$@"`, "sh", path, program, ...args]);
}

test("containerd is missing", needsRoot, () => {
  const result = without("/usr/bin/containerd", "up", `--data-dir=${folder()}`);
  assertRefused(result, /^error: not installed: containerd; on Debian and Ubuntu: apt-get install -y containerd$/);
});

test("the CNI plugins are missing", needsRoot, () => {
  const result = without("/usr/lib/cni", "up", `--data-dir=${folder()}`);
  assertRefused(
    result,
    /^error: not installed: containernetworking-plugins; .*apt-get install -y containernetworking-plugins$/,
  );
});

test("the data folder cannot be written", needsRoot, () => {
  const file = join(scratch, "a-file");
  writeFileSync(file, "not a folder");
  assertRefused(
    minik8s("up", `--data-dir=${file}/data`),
    /^error: data folder .*a-file\/data is not writable .* --data-dir/,
  );
  assert.equal(readFileSync(file, "utf8"), "not a folder");
});

test("the data folder is of another version", needsRoot, () => {
  const data = folder();
  mkdirSync(data);
  const identity = JSON.stringify({ format: 99, port: 6443 });
  writeFileSync(join(data, "cluster.json"), identity);
  assertRefused(
    minik8s("up", `--data-dir=${data}`),
    /holds a cluster of format 99, this version knows format 1: .* another --data-dir$/,
  );
  assert.equal(readFileSync(join(data, "cluster.json"), "utf8"), identity);
});

test("the file that says what the cluster is, is damaged", needsRoot, () => {
  const data = folder();
  mkdirSync(data);
  writeFileSync(join(data, "cluster.json"), '{"format": 1, "po');
  assertRefused(minik8s("up", `--data-dir=${data}`), /cluster\.json cannot be read .* minik8s reset --yes/);
});

const wrongSettings: [string, RegExp][] = [
  ["--port=http", /--port: "http" is not a port: give a number/],
  ["--port=70000", /--port: "70000" is not a port/],
  ["--node-name=Node_1", /--node-name: "Node_1" is not a name: use small letters/],
  ["--cluster-cidr=10.0.0.0", /--cluster-cidr: "10.0.0.0" is not an address range: give one like/],
  ["--node-ip=localhost", /--node-ip: "localhost" is not an IPv4 address/],
  ["--proxy-mode=ipvs", /--proxy-mode: "ipvs" is not known: use nftables, iptables, none/],
  ["--log-level=loud", /--log-level: "loud" is not known: use trace/],
];
for (const [flag, expected] of wrongSettings) {
  test(`a wrong setting: ${flag}`, () => assertRefused(minik8s("up", `--data-dir=${folder()}`, flag), expected));
}

test("an unknown engine", () => {
  assertRefused(
    minik8s("server", `--data-dir=${folder()}`, "--storage=mysql://x", "--port=0"),
    /--storage "mysql:\/\/x" is not known: it must start with one of lmdb:, memory:/,
  );
});

test("the token file is not what it should be", () => {
  const tokens = join(scratch, "tokens.csv");
  writeFileSync(tokens, "token-only\n");
  const result = minik8s("server", `--data-dir=${folder()}`, `--token-auth-file=${tokens}`, "--port=0");
  assertRefused(result, /token file line 1: expected token, user and uid/);
});

test("commands without a cluster say how to get one", () => {
  const none = `--data-dir=${folder()}`;
  assertRefused(minik8s("get", "pods", none), /there is no cluster to talk to .* minik8s up/);
  assertRefused(minik8s("kubeconfig", none), /there is no cluster yet .* minik8s up/);
  assertRefused(minik8s("image", "ls", none), /container runtime does not answer .* minik8s up/);
  const status = minik8s("status", none);
  assert.equal(status.status, 1);
  assert.match(status.out, /There is no cluster in .* minik8s up/);
});

test("an unknown command or flag is refused with a hint", () => {
  const command = minik8s("gett", "pods");
  assert.equal(command.status, 1);
  assert.match(command.err, /unknown command 'gett'/);
  const flag = minik8s("up", "--prot=1");
  assert.equal(flag.status, 1);
  assert.match(flag.err, /unknown option '--prot=1'/);
});

test("reset where nothing is, and reset without --yes, erase nothing", needsRoot, () => {
  const data = folder();
  mkdirSync(data);
  writeFileSync(join(data, "mine.txt"), "keep");
  assertRefused(minik8s("reset", `--data-dir=${data}`), /nothing was erased: say --yes/);
  assert.equal(minik8s("reset", "--yes", `--data-dir=${data}`).status, 0);
  assert.equal(readFileSync(join(data, "mine.txt"), "utf8"), "keep");
});
