import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "#api/core/v1/service.ts";
import type { Endpoint, EndpointSlice } from "#api/discovery/v1/endpoint-slice.ts";
import { serviceMap } from "./service-map.ts";

function service(spec: object, name = "web"): Service {
  const defaults = { type: "ClusterIP", clusterIP: "10.96.0.5", clusterIPs: ["10.96.0.5"], sessionAffinity: "None" };
  const ports = [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }];
  return { metadata: { namespace: "d", name }, spec: { ports, ...defaults, ...spec } } as unknown as Service;
}

function slice(
  endpoints: readonly Partial<Endpoint>[],
  service = "web",
  port: object = { name: "http", port: 8080 },
): EndpointSlice {
  return {
    metadata: { namespace: "d", name: `${service}-x`, labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [{ protocol: "TCP", ...port }],
    endpoints,
  } as unknown as EndpointSlice;
}

const endpoint = (ip: string, conditions: object = { ready: true }, nodeName = "a") => ({
  addresses: [ip],
  conditions,
  nodeName,
});

test("a Service leads to its ready endpoints, in a stable order", () => {
  const slices = [slice([endpoint("10.1.0.9"), endpoint("10.1.0.2"), endpoint("10.1.0.3", { ready: false })])];
  const [route] = serviceMap([service({})], slices, "a");
  assert.deepEqual(route?.internal, [
    { ip: "10.1.0.2", port: 8080 },
    { ip: "10.1.0.9", port: 8080 },
  ]);
  assert.equal(route?.id, "d/web:http");
  assert.equal(route?.nodePort, undefined);
});

test("endpoints that are going serve on while no other is ready", () => {
  const going = endpoint("10.1.0.2", { ready: false, serving: true, terminating: true });
  assert.deepEqual(serviceMap([service({})], [slice([going])], "a")[0]?.internal, [{ ip: "10.1.0.2", port: 8080 }]);
  const both = serviceMap([service({})], [slice([going, endpoint("10.1.0.3")])], "a");
  assert.deepEqual(both[0]?.internal, [{ ip: "10.1.0.3", port: 8080 }]);
});

test("local traffic policies keep to the endpoints of this node", () => {
  const slices = [slice([endpoint("10.1.0.2"), endpoint("10.2.0.2", { ready: true }, "b")])];
  const spec = {
    type: "NodePort",
    externalTrafficPolicy: "Local",
    ports: [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }],
  };
  const [route] = serviceMap([service(spec)], slices, "b");
  assert.equal(route?.internal.length, 2);
  assert.deepEqual(route?.external, [{ ip: "10.2.0.2", port: 8080 }]);
  assert.equal(route?.externalLocal, true);
  const [inner] = serviceMap([service({ internalTrafficPolicy: "Local" })], slices, "c");
  assert.deepEqual(inner?.internal, []);
});

test("headless Services and names of something outside are not routed", () => {
  assert.deepEqual(serviceMap([service({ clusterIP: "None", clusterIPs: ["None"] })], [], "a"), []);
  assert.deepEqual(
    serviceMap([service({ type: "ExternalName", clusterIP: undefined, clusterIPs: undefined })], [], "a"),
    [],
  );
});

test("a port is looked up by name and protocol over all slices, and an address counts once", () => {
  const slices = [
    slice([endpoint("10.1.0.2")]),
    slice([endpoint("10.1.0.2"), endpoint("10.1.0.4")]),
    slice([endpoint("10.1.0.7")], "web", { name: "admin", port: 9 }),
    slice([endpoint("10.1.0.8")], "other"),
  ];
  const [route] = serviceMap([service({})], slices, "a");
  assert.deepEqual(
    route?.internal.map((backend) => backend.ip),
    ["10.1.0.2", "10.1.0.4"],
  );
});

test("a Service that names another proxy is left to that one", () => {
  const web = service({});
  const labels = { "service.kubernetes.io/service-proxy-name": "other" };
  const other = { ...service({}, "other"), metadata: { ...web.metadata, name: "other", labels } };
  assert.deepEqual(
    serviceMap([web, other], [], "a").map(({ id }) => id),
    ["d/web:http"],
  );
});
