/** Layering is a program: a file may import only from lower layers and its own folder. Run: node tools/check-layers.ts */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const layers: Record<string, number> = {
  kit: 0,
  schema: 1,
  grpc: 1,
  api: 2,
  storage: 2,
  bus: 2,
  checkpoint: 2,
  client: 3,
  controller: 4,
  apiserver: 4,
  controllers: 5,
  scheduler: 5,
  kubelet: 5,
  kubeproxy: 5,
  network: 5,
  dns: 5,
  ingress: 5,
  cluster: 6,
  cli: 7,
  testing: 8,
};

/** The one file (or folder) in which each package from npm may be imported. */
const packages: Record<string, readonly string[]> = {
  pino: ["src/kit/log.ts"],
  "prom-client": ["src/kit/metrics.ts"],
};

const root = resolve(import.meta.dirname, "..");
const src = join(root, "src");
const problems: string[] = [];
const seenIn = new Map<string, Set<string>>();

/** Imports that reach further than the layers allow, each with its reason. */
const exceptions: readonly { from: RegExp; to: RegExp; why: string }[] = [
  { from: /^src\/.*\.test\.ts$/, to: /^src\/testing\//, why: "tests use the test cluster" },
  { from: /^src\/.*\.test\.ts$/, to: /^test\/support\/engines\.ts$/, why: "tests start the real engines" },
];

function layerOf(file: string): { name: string; layer: number } {
  const name = relative(src, file).split("/")[0] ?? "";
  return { name, layer: layers[name] ?? Number.NaN };
}

function isEngine(file: string): boolean {
  const path = relative(src, file);
  return /^(storage|bus|checkpoint)\//.test(path) && /-(storage|bus|checkpoint)\.ts$/.test(path);
}

function check(file: string, specifier: string): void {
  const from = relative(root, file);
  const isTest = /\.(test|conformance)\.ts$/.test(file);
  if (!specifier.startsWith(".") && !specifier.startsWith("#")) {
    checkPackage(from, specifier, isTest);
    return;
  }
  const target = specifier.startsWith("#") ? join(src, specifier.slice(1)) : resolve(dirname(file), specifier);
  const to = relative(root, target);
  if (to === "package.json" && isTest) return;
  if (exceptions.some((e) => e.from.test(from) && e.to.test(to))) return;
  const source = layerOf(file);
  const goal = layerOf(target);
  if (Number.isNaN(goal.layer)) problems.push(`${from}: ${to} is in no known layer`);
  if (source.name === goal.name) return;
  if (goal.layer > source.layer)
    problems.push(`${from} (layer ${source.layer}) may not import ${to} (layer ${goal.layer})`);
  if (goal.layer === source.layer)
    problems.push(`${from} may not import ${to}: folders of one layer do not see each other`);
  if (source.layer === 5 && goal.name === "apiserver")
    problems.push(`${from} may not import ${to}: components talk through the client`);
  if (source.layer === 5 && !isTest && isEngine(target))
    problems.push(`${from} may not import the engine ${to}: take its interface`);
}

function checkPackage(from: string, specifier: string, isTest: boolean): void {
  if (specifier.startsWith("node:") || isTest) return;
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const allowed = packages[name];
  if (allowed && !allowed.includes(from))
    problems.push(`${from} may not import ${name}: only ${allowed.join(", ")} does`);
  if (/^src\/schema\//.test(from)) problems.push(`${from} may not import ${name}: schema needs nothing from npm`);
  if (/^src\/kit\//.test(from) && !allowed)
    problems.push(`${from} may not import ${name}: kit has pino and prom-client only`);
  seenIn.set(name, (seenIn.get(name) ?? new Set()).add(from));
}

for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
  const file = join(entry.parentPath, entry.name);
  const text = readFileSync(file, "utf8");
  for (const [, a, b] of text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;"]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)/g,
  )) {
    check(file, (a ?? b) as string);
  }
  const path = relative(root, file);
  if (/process\.env/.test(text) && path !== "src/cluster/settings.ts" && !/\.test\.ts$/.test(path)) {
    problems.push(`${path} may not read process.env: cluster/settings.ts does`);
  }
  if (/console\./.test(text) && !/^src\/cli\//.test(path) && !path.endsWith(".fixture.ts"))
    problems.push(`${path} may not print: only cli does`);
}
for (const [name, files] of seenIn) {
  if (files.size > 1) problems.push(`${name} is imported in more than one file: ${[...files].join(", ")}`);
}

for (const problem of problems) console.error(problem);
console.log(`layers: ${problems.length === 0 ? "in order" : `${problems.length} problems`}`);
process.exitCode = problems.length === 0 ? 0 : 1;
