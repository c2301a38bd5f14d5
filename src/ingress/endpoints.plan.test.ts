import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "#api/core/v1/service.ts";
import type { EndpointSlice } from "#api/discovery/v1/endpoint-slice.ts";
import { targetsOf } from "./endpoints.plan.ts";

const service = (spec: object) => ({ spec: { ports: [{ name: "http", port: 80 }], ...spec } }) as unknown as Service;
const slice = (endpoints: object[], name = "http") =>
  ({ addressType: "IPv4", ports: [{ name, port: 8080 }], endpoints }) as unknown as EndpointSlice;
const ready = { addresses: ["10.0.0.1"], conditions: { ready: true } };
const going = { addresses: ["10.0.0.2"], conditions: { ready: false, serving: true } };
const gone = { addresses: ["10.0.0.3"], conditions: { ready: false, serving: false } };

test("a port of a Service, by number or name, leads to its ready endpoints", () => {
  const expected = [{ host: "10.0.0.1", port: 8080 }];
  assert.deepEqual(targetsOf(service({}), [slice([ready, going, gone])], 80), expected);
  assert.deepEqual(targetsOf(service({}), [slice([ready]), slice([gone])], "http"), expected);
});

test("endpoints that are going serve on while no other is ready; then there is nobody", () => {
  assert.deepEqual(targetsOf(service({}), [slice([going, gone])], 80), [{ host: "10.0.0.2", port: 8080 }]);
  assert.deepEqual(targetsOf(service({}), [slice([gone])], 80), []);
  assert.deepEqual(targetsOf(service({}), [slice([ready], "other")], 80), []);
});

test("a port that the Service does not have leads nowhere, an alias to its name", () => {
  assert.equal(targetsOf(service({}), [slice([ready])], 81), undefined);
  const alias = service({ type: "ExternalName", externalName: "www.example.com", ports: [] });
  assert.deepEqual(targetsOf(alias, [], 443), [{ host: "www.example.com", port: 443 }]);
});
