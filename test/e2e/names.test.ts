/** Names, forwarding by host and path, and Dns objects, on a real cluster: asked from pods and from the node. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Kubectl } from "../support/kubectl.ts";
import { type Machine, needsRealContainers, startMachine } from "../support/machine.ts";

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: minik8s/web:1.0}], terminationGracePeriodSeconds: 0}
---
apiVersion: v1
kind: Pod
metadata: {name: shop-0, labels: {app: shop}}
spec:
  hostname: shop-0
  subdomain: shops
  terminationGracePeriodSeconds: 0
  containers: [{name: web, image: minik8s/web:1.0}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: shops}
spec: {clusterIP: None, selector: {app: shop}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: site}
spec:
  tls: [{hosts: [secure.example], secretName: secure}]
  rules:
  - host: site.example
    http:
      paths:
      - {path: /cgi-bin, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
  - host: secure.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 8080}}}}
---
apiVersion: minik8s.io/v1
kind: Dns
metadata: {name: mall}
spec:
  host: mall.example
  paths:
  - {path: /web, serviceName: web, servicePort: 80}
  - {path: /shop, serviceName: shop, servicePort: 8080}
`;

const page = "cgi-bin/index.cgi";

describe("names and forwarding", needsRealContainers, () => {
  let folder: string;
  let machine: Machine;
  let kubectl: Kubectl;
  let ports: { http: number; https: number };
  let hostsFile: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "minik8s-names-"));
    hostsFile = join(folder, "hosts");
    await writeFile(hostsFile, "127.0.0.1 localhost\n");
    ports = { http: await freePort(), https: await freePort() };
    const settings = {
      MINIK8S_HOSTS_FILE: hostsFile,
      MINIK8S_INGRESS_HTTP_PORT: String(ports.http),
      MINIK8S_INGRESS_HTTPS_PORT: String(ports.https),
    };
    Object.assign(process.env, settings);
    machine = await startMachine();
    kubectl = await machine.kubectl("1.35");
    const [key, cert] = [join(folder, "key"), join(folder, "cert")];
    const subject = ["-subj", "/CN=secure.example", "-addext", "subjectAltName=DNS:secure.example"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject],
      {
        stdio: "ignore",
      },
    );
    await kubectl.ok(["create", "secret", "tls", "secure", `--cert=${cert}`, `--key=${key}`]);
    await kubectl.apply(manifest);
    await kubectl.ok(["wait", "--for=condition=Ready", "pod", "--all", "--timeout=30s"]);
    await kubectl.ok(["wait", "--for=condition=Ready", "dns/mall", "--timeout=10s"]);
  });

  after(async () => {
    await machine?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const inPod = (...command: string[]) => kubectl.ok(["exec", "shop-0", "--", ...command]);
  const lookUp = (name: string, type = "a") => inPod("busybox", "nslookup", `-type=${type}`, name);
  const value = (object: string, path: string) => kubectl.ok(["get", ...object.split(" "), "-o", `jsonpath={${path}}`]);

  test("a Service has a name, found by its short form too", async () => {
    const address = await value("svc/web", ".spec.clusterIP");
    const resolv = await inPod("cat", "/etc/resolv.conf");
    assert.match(resolv, /search default.svc.cluster.local svc.cluster.local cluster.local/);
    assert.match(resolv, /options ndots:5/);
    assert.match(await lookUp("web.default.svc.cluster.local"), new RegExp(`Address: ${address}\\b`));
    assert.match(await inPod("wget", "-qO-", `http://web/${page}`), /Hello from web-/);
    assert.match(await inPod("wget", "-qO-", `http://web.default/${page}`), /Hello from web-/);
  });

  test("headless Services lead to pods, and named pods have names; ports have names as well", async () => {
    const address = await value("pod/shop-0", ".status.podIP");
    assert.match(await lookUp("shops.default.svc.cluster.local"), new RegExp(`Address: ${address}\\b`));
    assert.match(await lookUp("shop-0.shops.default.svc.cluster.local"), new RegExp(`Address: ${address}\\b`));
    assert.match(await lookUp(`${address.replaceAll(".", "-")}.default.pod.cluster.local`), new RegExp(address));
    const record = await lookUp("_http._tcp.shops.default.svc.cluster.local", "srv");
    assert.match(record, /service = 0 100 8080 shop-0.shops.default.svc.cluster.local/);
    assert.match(await inPod("busybox", "nslookup", address), /name = .*\.default\.svc\.cluster\.local/);
  });

  test("an alias leads on; what does not exist is said not to", async () => {
    assert.match(await inPod("wget", "-qO-", `http://alias/${page}`), /Hello from web-/);
    const missing = await kubectl.outcome("exec shop-0 -- busybox nslookup nothing.default.svc.cluster.local");
    assert.match(missing.stdout, /NXDOMAIN/);
    assert.notEqual(missing.code, 0);
  });

  test("the node resolves the cluster's names too", async () => {
    const dns = await value("svc kube-dns -n kube-system", ".spec.clusterIP");
    const { stdout } = await run("busybox", ["nslookup", "-type=a", "web.default.svc.cluster.local", dns]);
    assert.match(stdout, new RegExp(await value("svc/web", ".spec.clusterIP")));
  });

  test("an Ingress leads by host and path, with its own certificate", async () => {
    const curl = async (...args: string[]) => (await run("curl", ["-s", "-m", "5", ...args])).stdout;
    const site = `http://127.0.0.1:${ports.http}`;
    assert.match(await curl("-H", "Host: site.example", `${site}/${page}`), /Hello from web-/);
    assert.match(await curl("-H", "Host: site.example", `${site}/else`), /404 Not Found/);
    assert.match(await curl("-H", "Host: other.example", `${site}/${page}`), /404 Not Found/);
    const to = ["--resolve", `secure.example:${ports.https}:127.0.0.1`, "--cacert", join(folder, "cert")];
    assert.match(await curl(...to, `https://secure.example:${ports.https}/${page}`), /Hello from shop-0/);
    const address = await value("node", ".items[0].status.addresses[0].address");
    await kubectl.ok([
      "wait",
      `--for=jsonpath={.status.loadBalancer.ingress[0].ip}=${address}`,
      "ing/site",
      "--timeout=10s",
    ]);
  });

  test("a Dns leads each of its sub-paths to another Service, from pods and from the node", async () => {
    assert.match(await inPod("wget", "-qO-", `http://mall.example/web/${page}`), /Hello from web-/);
    assert.match(await inPod("wget", "-qO-", `http://mall.example/shop/${page}`), /Hello from shop-0/);

    // a mount namespace of its own, so that the machine's hosts file is left alone
    const onNode = async (path: string) => {
      const script = `mount --bind ${hostsFile} /etc/hosts && exec curl -s -m 5 http://mall.example${path}`;
      return (await run("unshare", ["-m", "sh", "-c", script])).stdout;
    };
    await assert.rejects(onNode(`/web/${page}`));
    assert.equal((await machine.minik8s("dns", "install")).code, 0);
    assert.match(await onNode(`/web/${page}`), /Hello from web-/);
    assert.match(await onNode(`/shop/${page}`), /Hello from shop-0/);

    await kubectl.ok(["patch", "dns", "mall", "--type=merge", "-p", '{"spec":{"host":"arcade.example"}}']);
    await until(async () => (await readFile(hostsFile, "utf8")).includes("arcade.example"));
    assert.doesNotMatch(await readFile(hostsFile, "utf8"), /mall/);
    assert.equal((await machine.minik8s("dns", "uninstall")).code, 0);
    assert.equal(await readFile(hostsFile, "utf8"), "127.0.0.1 localhost\n");
  });
});

function run(program: string, args: readonly string[]): Promise<{ stdout: string }> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: "utf8", timeout: 10_000 }, (error, stdout) =>
      error ? reject(error) : resolve({ stdout }),
    );
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come to hold within 5 s");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "0.0.0.0", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
