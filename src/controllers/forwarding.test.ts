import assert from "node:assert/strict";
import { test } from "node:test";
import { Dnses, IngressClasses, Ingresses, Nodes, Services } from "#api/catalog.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import { ObjectCache } from "#client/cache/object-cache.ts";
import type { ReconcileContext } from "#controller/controller.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { dnsStatusController, ingressPortAnnotation, ingressStatusController } from "./forwarding.ts";

const clusterAddress = "10.96.0.11";
const key = { namespace: "default", name: "site" };
const metadata = { ...key, generation: 3, resourceVersion: "1" } as unknown as KubeObject["metadata"];

/** What a reconciler writes as status; nothing when it writes none. */
async function statusOf(
  controller: { reconcile(key: { namespace: string; name: string }, context: ReconcileContext): Promise<unknown> },
  objects: readonly [Resource, readonly object[]][],
): Promise<unknown> {
  const cache = new ObjectCache();
  for (const [resource, items] of objects) cache.store(resource).replace(items as ObjectOf<typeof resource>[], 1);
  let written: unknown;
  const client = {
    async updateStatus(_: Resource, object: { status?: unknown }) {
      written = object.status;
    },
  };
  await controller.reconcile(key, { cache, client, clock: new FakeClock() } as unknown as ReconcileContext);
  return written;
}

const node = (name: string, address: string, port?: string) => ({
  metadata: { name, resourceVersion: "1", annotations: port ? { [ingressPortAnnotation]: port } : {} },
  status: { addresses: [{ type: "InternalIP", address }] },
});
const ingress = (spec: object = {}, status?: object) => ({ metadata, spec, status });
const reach = (...ips: string[]) => ({ loadBalancer: { ingress: ips.map((ip) => ({ ip })) } });

test("an Ingress is reached at the nodes that have the ports, else inside the cluster", async () => {
  const controller = ingressStatusController(clusterAddress);
  const nodes = [node("a", "192.0.2.2", "80"), node("b", "192.0.2.1", "80"), node("c", "192.0.2.3")];
  const ask = (of: object, on: readonly object[]) =>
    statusOf(controller, [
      [Ingresses, [of]],
      [Nodes, on],
    ]);
  assert.deepEqual(await ask(ingress(), nodes), reach("192.0.2.1", "192.0.2.2"));
  assert.deepEqual(await ask(ingress(), [node("c", "192.0.2.3")]), reach(clusterAddress));
  assert.equal(await ask(ingress({}, reach(clusterAddress)), []), undefined, "nothing to change");
});

test("an Ingress of another class is left alone", async () => {
  const classes = [{ metadata: { name: "nginx", resourceVersion: "1" }, spec: { controller: "k8s.io/ingress-nginx" } }];
  const objects: [Resource, object[]][] = [
    [Ingresses, [ingress({ ingressClassName: "nginx" })]],
    [IngressClasses, classes],
  ];
  assert.equal(await statusOf(ingressStatusController(clusterAddress), objects), undefined);
});

test("a Dns says what it resolves to, and which of its paths lead nowhere", async () => {
  const controller = dnsStatusController(clusterAddress);
  const spec = { host: "mall.example", paths: [{ path: "/shop", serviceName: "shop", servicePort: 80 }] };
  const dns = { metadata, spec };
  const shop = (port: number) => ({ metadata: { ...metadata, name: "shop" }, spec: { ports: [{ port }] } });
  const ask = async (...services: object[]) => {
    const status = await statusOf(controller, [
      [Dnses, [dns]],
      [Services, services],
    ]);
    return status as { address: string; hosts: string[]; conditions: { status: string; message: string }[] };
  };
  const { address, hosts, conditions } = await ask(shop(80));
  assert.deepEqual([address, hosts, conditions[0]?.status], [clusterAddress, ["mall.example"], "True"]);
  assert.equal((await ask()).conditions[0]?.message, '/shop: service "shop" not found');
  assert.equal((await ask(shop(81))).conditions[0]?.message, '/shop: service "shop" has no port 80');
});
