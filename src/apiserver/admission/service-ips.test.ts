import assert from "node:assert/strict";
import { test } from "node:test";
import { EndpointSlices, EndpointsResource, Services } from "#api/catalog.ts";
import type { Service } from "#api/core/v1/service.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import { refused, testServer } from "../test-server.ts";
import { addressNumber, addressText, dynamicFrom, parseRange } from "./address-range.ts";
import { NumberPool } from "./number-pool.ts";

const service = (name: string, spec: Draft<Service["spec"]> = {}): Draft<Service> => ({
  metadata: { namespace: "default", name },
  spec: { ports: [{ port: 80 }], ...spec },
});
const key = (name: string) => ({ namespace: "default", name });
const small = { serviceCidr: "10.96.0.0/29", nodePorts: { first: 30000, last: 30003 } };

test("a range leaves out the network's own addresses", () => {
  const range = parseRange("10.96.3.7/29");
  assert.deepEqual(
    [range.text, addressText(range.first), addressText(range.last)],
    ["10.96.3.0/29", "10.96.3.1", "10.96.3.6"],
  );
  assert.equal(addressNumber("255.255.255.255"), 2 ** 32 - 1);
  assert.equal(
    addressText(dynamicFrom(parseRange("10.96.0.0/16"))),
    "10.96.1.1",
    "the first 256 are for who asks for one",
  );
  assert.throws(() => parseRange("10.96.0.0"), /is no IPv4 range/);
  assert.throws(() => parseRange("fd00::/64"), /is no IPv4 range/);
});

test("a pool gives away what is free, those kept back at last", () => {
  const pool = new NumberPool({ first: 1, last: 4 }, () => 0);
  assert.deepEqual([pool.next(3), pool.next(3), pool.next(3), pool.next(3), pool.next(3)], [3, 4, 1, 2, undefined]);
  pool.own(3, "a");
  pool.disown(3, "b");
  assert.equal(pool.isFree(3), false, "only its owner gives it back");
  pool.disown(3, "a");
  assert.equal(pool.next(), 3);
});

test("addresses are given, kept over updates, and given back", async () => {
  await using server = await testServer(small);
  const { client } = server;
  const kubernetes = await client.get(Services, key("kubernetes"));
  assert.deepEqual([kubernetes.spec.clusterIP, kubernetes.spec.clusterIPs], ["10.96.0.1", ["10.96.0.1"]]);
  const made = await Promise.all(["a", "b", "c", "d", "e"].map((name) => client.create(Services, service(name))));
  const addresses = made.map(({ spec }) => spec.clusterIP as string);
  assert.deepEqual(addresses.toSorted(), ["10.96.0.2", "10.96.0.3", "10.96.0.4", "10.96.0.5", "10.96.0.6"]);
  assert.deepEqual(made[0]?.spec.clusterIPs, [addresses[0]]);
  await assert.rejects(client.create(Services, service("f")), refused("InternalError", /range is full/));
  const updated = await client.update(Services, service("a", { ports: [{ port: 81 }] }));
  assert.equal(updated.spec.clusterIP, addresses[0]);
  await client.delete(Services, key("c"));
  const next = await client.create(Services, service("f"));
  assert.equal(next.spec.clusterIP, addresses[2]);
});

test("asking for an address", async () => {
  await using server = await testServer();
  const { client } = server;
  const made = await client.create(Services, service("a", { clusterIP: "10.96.0.10" }));
  assert.deepEqual(made.spec.clusterIPs, ["10.96.0.10"]);
  await assert.rejects(
    client.create(Services, service("b", { clusterIP: "10.96.0.10" })),
    refused(
      "Invalid",
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    ),
  );
  await assert.rejects(
    client.create(Services, service("b", { clusterIP: "10.1.2.3" })),
    refused(
      "Invalid",
      /the provided IP \(10\.1\.2\.3\) is not in the valid range\. The range of valid IPs is 10\.96\.0\.0\/16$/,
    ),
  );
  const headless = await client.create(Services, service("h", { clusterIP: "None" }));
  assert.deepEqual([headless.spec.clusterIP, headless.spec.clusterIPs], ["None", ["None"]]);
  const named = await client.create(Services, service("x", { type: "ExternalName", externalName: "example.com" }));
  assert.equal(named.spec.clusterIP, undefined);
  await client.create(Services, service("dry", { clusterIP: "10.96.0.11" }), { dryRun: true });
  await assert.rejects(
    client.create(Services, service("bad", { clusterIP: "10.96.0.11", ports: [{ port: 0 }] })),
    refused("Invalid"),
  );
  await client.create(Services, service("wet", { clusterIP: "10.96.0.11" }));
});

test("a change of the type takes and gives back", async () => {
  await using server = await testServer(small);
  const { client } = server;
  const made = await client.create(Services, service("a"));
  const patch = (spec: object) => client.patch(Services, key("a"), { type: "merge", body: { spec } });
  const external = await patch({
    type: "ExternalName",
    externalName: "example.com",
    clusterIP: null,
    clusterIPs: null,
  });
  assert.equal(external.spec.clusterIP, undefined);
  const other = await client.create(Services, service("b", { clusterIP: made.spec.clusterIP as string }));
  assert.equal(other.spec.clusterIP, made.spec.clusterIP);
  const back = await patch({ type: "NodePort", externalName: null });
  assert.ok(back.spec.clusterIP && back.spec.clusterIP !== other.spec.clusterIP);
  const nodePort = back.spec.ports?.[0]?.nodePort as number;
  assert.ok(nodePort >= 30000 && nodePort <= 30003);
  const inside = await patch({ type: "ClusterIP" });
  assert.deepEqual([inside.spec.clusterIP, inside.spec.ports?.[0]?.nodePort], [back.spec.clusterIP, undefined]);
  await client.create(Services, service("c", { type: "NodePort", ports: [{ port: 80, nodePort }] }));
});

test("node ports", async () => {
  await using server = await testServer(small);
  const { client } = server;
  const made = await client.create(
    Services,
    service("a", {
      type: "NodePort",
      ports: [
        { name: "dns", port: 53, protocol: "UDP" },
        { name: "dns-tcp", port: 53, protocol: "TCP" },
        { name: "fixed", port: 80, nodePort: 30002 },
      ],
    }),
  );
  const [udp, tcp, fixed] = (made.spec.ports ?? []).map(({ nodePort }) => nodePort);
  assert.equal(udp, tcp, "one port over two protocols has one number");
  assert.equal(fixed, 30002);
  const asking = (nodePort: number) =>
    client.create(Services, service("b", { type: "NodePort", ports: [{ port: 80, nodePort }] }));
  await assert.rejects(
    asking(30002),
    refused(
      "Invalid",
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30002: provided port is already allocated',
    ),
  );
  await assert.rejects(
    asking(80),
    refused(
      "Invalid",
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-30003',
    ),
  );
  await client.create(Services, service("c", { type: "NodePort" }));
  await client.create(Services, service("d", { type: "LoadBalancer" }));
  await assert.rejects(
    client.create(Services, service("e", { type: "NodePort" })),
    refused("InternalError", /range is full/),
  );
  const same = await client.update(Services, { ...made, metadata: { ...made.metadata, labels: { a: "b" } } });
  assert.deepEqual(same.spec.ports, made.spec.ports);
});

test("what is taken is known after a restart", async () => {
  const storage = openMemoryStorage();
  {
    await using server = await testServer({ ...small, storage });
    for (const name of ["a", "b", "c", "d"]) await server.client.create(Services, service(name, { type: "NodePort" }));
  }
  await using server = await testServer({ ...small, storage });
  const { client } = server;
  const last = await client.create(Services, service("e"));
  const { items } = await client.list(Services);
  assert.equal(new Set(items.map(({ spec }) => spec.clusterIP)).size, 6);
  assert.ok(last.spec.clusterIP);
  await assert.rejects(client.create(Services, service("f", { type: "NodePort" })), refused("InternalError"));
  await client.delete(Services, key("e"));
  await assert.rejects(
    client.create(Services, service("f", { type: "NodePort" })),
    refused("InternalError", /nodePort: range is full/),
  );
  await client.create(Services, service("f"));
});

test("the service of the API itself leads to where it was started, also after it has moved", async () => {
  const storage = openMemoryStorage();
  for (const port of [6443, 7443]) {
    await using server = await testServer({ storage, endpoint: { address: "192.0.2.1", port } });
    const { subsets } = await server.client.get(EndpointsResource, key("kubernetes"));
    assert.deepEqual(subsets, [
      { addresses: [{ ip: "192.0.2.1" }], ports: [{ name: "https", port, protocol: "TCP" }] },
    ]);
    const slice = await server.client.get(EndpointSlices, key("kubernetes"));
    assert.deepEqual([slice.endpoints?.[0]?.addresses, slice.ports?.[0]?.port], [["192.0.2.1"], port]);
  }
});
