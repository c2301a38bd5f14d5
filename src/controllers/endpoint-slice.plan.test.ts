import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Service } from "#api/core/v1/service.ts";
import type { EndpointSlice } from "#api/discovery/v1/endpoint-slice.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { planSlices } from "./endpoint-slice.plan.ts";
import { planEndpoints } from "./endpoints.plan.ts";
import { at, meta, pod, service } from "./objects.fixture.ts";

const backend = (n: number, options: Parameters<typeof pod>[1] = {}): Pod =>
  pod(`p${n}`, { ip: `10.1.${n >> 8}.${n & 255}`, node: "n1", ...options });
const backends = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => backend(from + i));
const addresses = (slice: Draft<EndpointSlice>) => (slice.endpoints ?? []).map((each) => each?.addresses?.[0]);

/** Carries a plan out, as the server would. */
function stored(drafts: readonly Draft<EndpointSlice>[], from = 0): EndpointSlice[] {
  return drafts.map(
    (draft, i) =>
      ({
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        ...draft,
        metadata: meta(`web-${from + i}`, draft.metadata as object),
      }) as EndpointSlice,
  );
}

test("one slice with what Kubernetes writes into it", () => {
  const pods = [backend(1), backend(2, { ready: false }), backend(3, { meta: { deletionTimestamp: at(9) } })];
  const plan = planSlices(service({}, { team: "a" }), pods, []);
  assert.equal(plan.create.length, 1);
  const [slice] = plan.create as [Draft<EndpointSlice>];
  assert.deepEqual(slice.metadata, {
    generateName: "web-",
    namespace: "default",
    labels: {
      team: "a",
      "kubernetes.io/service-name": "web",
      "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    },
    annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "2030-01-01T00:00:00Z" },
  });
  assert.equal(slice.addressType, "IPv4");
  assert.deepEqual(slice.ports, [{ name: "http", protocol: "TCP", port: 8080 }]);
  assert.deepEqual(slice.endpoints?.[0], {
    addresses: ["10.1.0.1"],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: "n1",
    targetRef: { kind: "Pod", namespace: "default", name: "p1", uid: "uid-p1" },
  });
  assert.deepEqual(slice.endpoints?.[1]?.conditions, { ready: false, serving: false, terminating: false });
  assert.deepEqual(slice.endpoints?.[2]?.conditions, { ready: false, serving: true, terminating: true });
});

test("what has ended or has no address is no endpoint", () => {
  const plan = planSlices(service(), [pod("no-ip"), backend(1, { phase: "Succeeded" }), backend(2)], []);
  assert.deepEqual(plan.create.map(addresses), [["10.1.0.2"]]);
});

test("not more than a hundred per slice, and nothing is written twice", () => {
  const pods = backends(0, 250);
  const slices = stored(planSlices(service(), pods, []).create);
  assert.deepEqual(
    slices.map((slice) => slice.endpoints?.length),
    [100, 100, 50],
  );
  assert.deepEqual(planSlices(service(), pods, slices), { create: [], update: [], remove: [] });
});

test("one pod that comes or goes rewrites one slice only", () => {
  const slices = stored(planSlices(service(), backends(0, 250), []).create);
  const more = planSlices(service(), backends(0, 251), slices);
  assert.deepEqual(
    [more.create.length, more.update.map(({ metadata }) => metadata.name), more.remove.length],
    [0, ["web-2"], 0],
  );
  const fewer = planSlices(service(), backends(1, 250), slices);
  assert.deepEqual(
    [fewer.create.length, fewer.update.map(({ metadata }) => metadata.name), fewer.remove.length],
    [0, ["web-0"], 0],
  );
});

test("slices that became empty go, but the last one stays", () => {
  const slices = stored(planSlices(service(), backends(0, 150), []).create);
  const plan = planSlices(service(), backends(0, 50), slices);
  assert.deepEqual(
    plan.remove.map(({ metadata }) => metadata.name),
    ["web-1"],
  );
  const none = planSlices(service(), [], []);
  assert.deepEqual(none.create.map(addresses), [[]]);
  assert.deepEqual(planSlices(service(), [], stored(none.create)), { create: [], update: [], remove: [] });
});

test("named ports: each number that pods give it has slices of its own, and pods without it none", () => {
  const named = service({ ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: "web" }] });
  const withPort = (n: number, containerPort: number) =>
    backend(n, { spec: { containers: [{ name: "main", ports: [{ name: "web", containerPort, protocol: "TCP" }] }] } });
  const plan = planSlices(named, [withPort(1, 8080), withPort(2, 9090), backend(3), withPort(4, 8080)], []);
  assert.deepEqual(
    plan.create.map((slice) => [slice.ports?.[0]?.port, addresses(slice)]),
    [
      [8080, ["10.1.0.1", "10.1.0.4"]],
      [9090, ["10.1.0.2"]],
    ],
  );
});

test("headless, publishing pods that are not ready, with host names", () => {
  const headless = service({ clusterIP: "None", publishNotReadyAddresses: true });
  const named = backend(1, {
    ready: false,
    spec: { containers: [{ name: "main" }], hostname: "db-0", subdomain: "web" },
  });
  const [slice] = planSlices(headless, [named], []).create as [Draft<EndpointSlice>];
  assert.equal(slice.metadata?.labels?.["service.kubernetes.io/headless"], "");
  assert.equal(slice.endpoints?.[0]?.hostname, "db-0");
  assert.deepEqual(slice.endpoints?.[0]?.conditions, { ready: true, serving: false, terminating: false });
});

test("a changed label of the Service is written to all its slices", () => {
  const slices = stored(planSlices(service(), backends(0, 150), []).create);
  assert.equal(planSlices(service({}, { team: "b" }), backends(0, 150), slices).update.length, 2);
});

test("Endpoints: ready and others apart, none that leaves, in the order of addresses", () => {
  const subsets = (svc: Service, pods: Pod[]) => planEndpoints(svc, pods, undefined).subsets;
  const pods = [
    backend(3),
    backend(1),
    backend(2, { ready: false }),
    backend(4, { meta: { deletionTimestamp: at(9) } }),
  ];
  const [subset, ...others] = subsets(service(), pods) ?? [];
  assert.deepEqual(others, []);
  assert.deepEqual(
    subset?.addresses?.map((each) => each?.ip),
    ["10.1.0.1", "10.1.0.3"],
  );
  assert.deepEqual(
    subset?.notReadyAddresses?.map((each) => each?.ip),
    ["10.1.0.2"],
  );
  assert.deepEqual(subset?.ports, [{ name: "http", protocol: "TCP", port: 8080 }]);
  assert.deepEqual(subsets(service(), []), []);
});

test("Endpoints hold a thousand addresses at most, ready ones first, and say so", () => {
  const pods = [...backends(0, 20).map((each) => ({ ...each, ...pick(each, false) })), ...backends(20, 1015)];
  const endpoints = planEndpoints(service(), pods, undefined);
  assert.equal(endpoints.subsets?.[0]?.addresses?.length, 995);
  assert.equal(endpoints.subsets?.[0]?.notReadyAddresses?.length, 5);
  assert.equal(endpoints.metadata?.annotations?.["endpoints.kubernetes.io/over-capacity"], "truncated");
});

const pick = (each: Pod, ready: boolean) => ({
  status: { ...each.status, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
