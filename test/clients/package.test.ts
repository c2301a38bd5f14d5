/** The npm package as another project gets it: JavaScript and types, as Node runs no TypeScript below node_modules. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Outcome, outcomeOf } from "../support/program.ts";

const repository = resolve(import.meta.dirname, "../..");

/** Both a program and a check of its types: a wrong field must be found. */
const program = (wrong: string) => `
  import { Deployments, Pods, isNotFound, type Deployment, type Draft } from "minik8s/api";
  import { createClient, httpTransport, type Client } from "minik8s/client";
  import { testCluster, type TestCluster } from "minik8s/testing";

  const web: Draft<Deployment> = {
    metadata: { namespace: "default", name: "web" },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
      ${wrong}
    },
  };
  const phases = async (client: Pick<Client, "list">): Promise<(string | undefined)[]> =>
    (await client.list(Pods, { namespace: "default" })).items.map((pod) => pod.status?.phase);

  const cluster: TestCluster = await testCluster({ nodes: 2 });
  await cluster.client.create(Deployments, web);
  await cluster.settle();
  const missing = await cluster.client.get(Pods, { namespace: "default", name: "none" }).catch(isNotFound);
  console.log(JSON.stringify({ phases: await phases(cluster.client), missing, kinds: typeof createClient + typeof httpTransport }));
  await cluster.stop();
`;

suite("the npm package", () => {
  let folder: string;
  const run = (path: string, ...args: string[]): Promise<Outcome> =>
    outcomeOf(path, args, { cwd: folder, timeoutMs: 60_000, env: { ...process.env, NODE_COMPILE_CACHE: "" } });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "minik8s-package-"));
    const packed = await outcomeOf("npm", ["pack", "--json", "--pack-destination", folder], {
      cwd: repository,
      timeoutMs: 120_000,
    });
    assert.equal(packed.code, 0, packed.stderr);
    const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("[\n"))) as [{ filename: string }];
    await install(folder, join(folder, filename));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test("a cluster runs in a project of plain JavaScript", async () => {
    await writeFile(join(folder, "web.ts"), program(""));
    const built = await run(join(repository, "node_modules/.bin/tsc"), "--project", ".", "--noCheck");
    assert.equal(built.code, 0, built.stdout);
    const { stdout, stderr, code } = await run(process.execPath, "web.js");
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      phases: ["Running", "Running", "Running"],
      missing: true,
      kinds: "functionfunction",
    });
  });

  test("its types are complete, and find a wrong field", async () => {
    await writeFile(join(folder, "web.ts"), program(""));
    const right = await run(join(repository, "node_modules/.bin/tsc"), "--project", ".", "--noEmit");
    assert.equal(right.code, 0, right.stdout);
    await writeFile(join(folder, "web.ts"), program("replica: 3,"));
    const wrong = await run(join(repository, "node_modules/.bin/tsc"), "--project", ".", "--noEmit");
    assert.match(wrong.stdout, /'replica' does not exist/);
    assert.notEqual(wrong.code, 0);
  });

  test("the command line runs from it", async () => {
    const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as { version: string };
    const { stdout, stderr, code } = await run(join(folder, "node_modules/minik8s/bin/minik8s"), "--version");
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trim(), version);
  });
});

/** As `npm install` does, but with the packages that this repository has installed already. */
async function install(folder: string, archive: string): Promise<void> {
  const place = join(folder, "node_modules/minik8s");
  await mkdir(place, { recursive: true });
  const unpacked = await outcomeOf("tar", ["-xzf", archive, "-C", place, "--strip-components=1"]);
  assert.equal(unpacked.code, 0, unpacked.stderr);
  const { dependencies } = JSON.parse(await readFile(join(place, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), "@types/node"]) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(repository, "node_modules", name), link);
  }
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  const compilerOptions = { module: "nodenext", target: "esnext", strict: true, types: ["node"], skipLibCheck: true };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["web.ts"] }));
}
