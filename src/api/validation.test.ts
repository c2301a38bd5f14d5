import assert from "node:assert/strict";
import { test } from "node:test";
import { Leases } from "./coordination/v1/lease.ts";
import { ConfigMaps } from "./core/v1/config-map.ts";
import { EndpointsResource } from "./core/v1/endpoints.ts";
import { Events } from "./core/v1/event.ts";
import { Namespaces } from "./core/v1/namespace.ts";
import { Nodes } from "./core/v1/node.ts";
import { Secrets } from "./core/v1/secret.ts";
import { type Service, type ServiceSpec, Services } from "./core/v1/service.ts";
import { ServiceAccounts } from "./core/v1/service-account.ts";
import { EndpointSlices } from "./discovery/v1/endpoint-slice.ts";
import type { Draft } from "./meta/object-meta.ts";
import { make, turn } from "./test-objects.ts";

const metadata = { name: "web", namespace: "default" };
const base64 = (text: string) => Buffer.from(text).toString("base64");
const mebibyte = "x".repeat(1024 * 1024);

type Row = [what: string, check: () => string[], ...causes: string[]];

const service = (spec: Draft<ServiceSpec>): Draft<Service> => ({ spec: { ports: [{ port: 80 }], ...spec } });
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "a", uid: "1", controller: true };

const newConfigMap = make(ConfigMaps);
const newSecret = make(Secrets);
const newService = make(Services);
const newNode = make(Nodes);
const newEndpoints = make(EndpointsResource);
const newSlice = make(EndpointSlices);
const newLease = make(Leases);
const newEvent = make(Events);

const accepted: Row[] = [
  ["a namespace", make(Namespaces)({ metadata: { name: "dev" } })],
  ["a config map", newConfigMap({ data: { a: "1", "b.c": "2" }, binaryData: { d: "AA==" } })],
  [
    "an immutable config map that stays as it is",
    turn(ConfigMaps)({ immutable: true, data: { a: "1" } }, { immutable: true, data: { a: "1" } }),
  ],
  ["a secret", newSecret({ stringData: { a: "1" } })],
  ["a TLS secret", newSecret({ type: "kubernetes.io/tls", data: { "tls.crt": "AA==", "tls.key": "AA==" } })],
  ["a service account", make(ServiceAccounts)({ imagePullSecrets: [{ name: "a" }] })],
  ["a service", newService(service({ selector: { app: "web" } }))],
  [
    "a service of two ports",
    newService(
      service({
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 81, targetPort: "http" },
        ],
      }),
    ),
  ],
  ["a headless service without ports", newService({ spec: { clusterIP: "None" } })],
  ["an external name", newService({ spec: { type: "ExternalName", externalName: "example.com" } })],
  [
    "a service that becomes a node port",
    turn(Services)(service({ clusterIP: "10.0.0.1" }), service({ type: "NodePort" })),
  ],
  [
    "a node port that becomes an external name",
    turn(Services)(service({ type: "NodePort", clusterIP: "10.0.0.1", ports: [{ port: 1, nodePort: 30000 }] }), {
      spec: {
        type: "ExternalName",
        externalName: "a.b",
        clusterIP: "10.0.0.1",
        clusterIPs: ["10.0.0.1"],
        ports: [{ port: 1, nodePort: 30000 }],
      },
    }),
  ],
  [
    "a node",
    newNode({
      metadata: { name: "n" },
      spec: { podCIDRs: ["10.1.0.0/24"], taints: [{ key: "a", effect: "NoSchedule" }] },
    }),
  ],
  ["endpoints", newEndpoints({ subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] })],
  ["a slice", newSlice({ addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] })],
  ["a lease", newLease({ spec: { holderIdentity: "a", leaseDurationSeconds: 40 } })],
  ["an event", newEvent({ involvedObject: { kind: "Pod", namespace: "default", name: "a" }, reason: "Started" })],
];

const refused: Row[] = [
  // metadata
  [
    "a bad key of a label",
    newConfigMap({ metadata: { ...metadata, labels: { "-a": "b" } } }),
    "Invalid metadata.labels: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ],
  [
    "annotations too large",
    newConfigMap({ metadata: { ...metadata, annotations: { a: mebibyte } } }),
    "TooLong metadata.annotations: Too long: may not be more than 262144 bytes",
  ],
  [
    "a finalizer of nobody",
    newConfigMap({ metadata: { ...metadata, finalizers: ["mine"] } }),
    'Invalid metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ],
  [
    "an owner without uid",
    newConfigMap({ metadata: { ...metadata, ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "a" }] } }),
    'Invalid metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ],
  [
    "an event as owner",
    newConfigMap({
      metadata: { ...metadata, ownerReferences: [{ apiVersion: "v1", kind: "Event", name: "a", uid: "1" }] },
    }),
    'Invalid metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"a","uid":"1"}: /v1, Kind=Event is disallowed from being an owner',
  ],
  [
    "two controllers",
    newConfigMap({ metadata: { ...metadata, ownerReferences: [owner, { ...owner, name: "b", uid: "2" }] } }),
    `Invalid metadata.ownerReferences: Invalid value: [${JSON.stringify(owner)},${JSON.stringify({ ...owner, name: "b", uid: "2" })}]: Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/a and ReplicaSet/b`,
  ],
  [
    "deletion in two ways",
    newConfigMap({ metadata: { ...metadata, finalizers: ["orphan", "foregroundDeletion"] } }),
    'Invalid metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
  ],
  // namespaces
  [
    "a finalizer of a namespace that belongs to nobody",
    make(Namespaces)({ metadata: { name: "a" }, spec: { finalizers: ["mine"] } }),
    'Invalid spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ],
  // config maps and secrets
  [
    "a bad key",
    newConfigMap({ data: { "a/b": "1" } }),
    "Invalid data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  ],
  [
    "a key that is a folder",
    newConfigMap({ data: { "..": "1" } }),
    "Invalid data[..]: Invalid value: \"..\": must not be '..'",
  ],
  [
    "one key in both maps",
    newConfigMap({ data: { a: "1" }, binaryData: { a: "AA==" } }),
    'Invalid data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ],
  [
    "a config map too large",
    newConfigMap({ data: { a: mebibyte, b: "1" } }),
    "TooLong : Too long: may not be more than 1048576 bytes",
  ],
  [
    "a change of an immutable config map",
    turn(ConfigMaps)({ immutable: true, data: { a: "1" } }, { immutable: true, data: { a: "2" } }),
    "Forbidden data: Forbidden: field is immutable when `immutable` is set",
  ],
  [
    "a config map made mutable again",
    turn(ConfigMaps)({ immutable: true }, {}),
    "Forbidden immutable: Forbidden: field is immutable when `immutable` is set",
  ],
  [
    "a secret too large",
    newSecret({ stringData: { a: mebibyte, b: "1" } }),
    "TooLong data: Too long: may not be more than 1048576 bytes",
  ],
  [
    "another type of a secret",
    turn(Secrets)({ type: "a" }, { type: "b" }),
    'Invalid type: Invalid value: "b": field is immutable',
  ],
  [
    "a TLS secret without key",
    newSecret({ type: "kubernetes.io/tls", data: { "tls.crt": "AA==" } }),
    "Required data[tls.key]: Required value",
  ],
  [
    "a login without anything",
    newSecret({ type: "kubernetes.io/basic-auth" }),
    "Required data[username]: Required value",
    "Required data[password]: Required value",
  ],
  [
    "a token of nobody",
    newSecret({ type: "kubernetes.io/service-account-token" }),
    "Required metadata.annotations[kubernetes.io/service-account.name]: Required value",
  ],
  [
    "a pull secret that is no JSON",
    newSecret({ type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64("{") } }),
    'Invalid data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character in JSON',
  ],
  // services
  ["no port", newService({ spec: { selector: { a: "b" } } }), "Required spec.ports: Required value"],
  [
    "port 0",
    newService(service({ ports: [{ port: 0 }] })),
    "Invalid spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    "Invalid spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
  ],
  [
    "two ports without names",
    newService(service({ ports: [{ port: 1 }, { name: "b", port: 2 }] })),
    "Required spec.ports[0].name: Required value",
  ],
  [
    "two ports of one name",
    newService(
      service({
        ports: [
          { name: "a", port: 1 },
          { name: "a", port: 2 },
        ],
      }),
    ),
    'Duplicate spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    "one port twice",
    newService(
      service({
        ports: [
          { name: "a", port: 1 },
          { name: "b", port: 1 },
        ],
      }),
    ),
    'Duplicate spec.ports[1]: Duplicate value: {"protocol":"TCP","port":1}',
  ],
  [
    "a target that is no name",
    newService(service({ ports: [{ port: 1, targetPort: "a_b" }] })),
    'Invalid spec.ports[0].targetPort: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
  ],
  [
    "a node port inside the cluster",
    newService(service({ ports: [{ port: 1, nodePort: 30000 }] })),
    "Forbidden spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    "an unknown type",
    newService(service({ type: "Magic" as never })),
    'NotSupported spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [
    "an address that is none",
    newService(service({ clusterIP: "10.0.0" })),
    'Invalid spec.clusterIPs[0]: Invalid value: "10.0.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    "two different addresses",
    newService(service({ clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.2"] })),
    'Invalid spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
  ],
  [
    "a headless node port",
    newService(service({ type: "NodePort", clusterIP: "None" })),
    "Invalid spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
  ],
  [
    "an external name without one",
    newService({ spec: { type: "ExternalName" } }),
    "Required spec.externalName: Required value",
  ],
  [
    "an affinity of two days",
    newService(
      service({ sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 172800 } } }),
    ),
    "Invalid spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 172800: must be greater than 0 and less than 86400",
  ],
  [
    "an external policy inside",
    newService(service({ externalTrafficPolicy: "Local" })),
    'Invalid spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    "ranges without balancer",
    newService(service({ loadBalancerSourceRanges: ["10.0.0.0/8"] })),
    "Forbidden spec.loadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    "another cluster IP",
    turn(Services)(service({ clusterIP: "10.0.0.1" }), service({ clusterIP: "10.0.0.2", clusterIPs: ["10.0.0.1"] })),
    'Invalid spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
  ],
  [
    "two families of addresses",
    newService(service({ ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] })),
    'Invalid spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster',
    'Invalid spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  ],
  // nodes
  [
    "an unknown effect of a taint",
    newNode({ spec: { taints: [{ key: "a", effect: "Stop" as never }] } }),
    'NotSupported spec.taints[0].effect: Unsupported value: "Stop": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"',
  ],
  [
    "one taint twice",
    newNode({
      spec: {
        taints: [
          { key: "a", effect: "NoSchedule" },
          { key: "a", value: "b", effect: "NoSchedule" },
        ],
      },
    }),
    'Duplicate metadata.taints[1]: Duplicate value: {"key":"a","value":"b","effect":"NoSchedule"}',
  ],
  [
    "a range that is none",
    newNode({ spec: { podCIDRs: ["10.1.0.0"] } }),
    'Invalid spec.podCIDRs[0]: Invalid value: "10.1.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    "another range",
    turn(Nodes)({ spec: { podCIDRs: ["10.1.0.0/24"] } }, { spec: { podCIDRs: ["10.2.0.0/24"] } }),
    'Forbidden spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
  ],
  // endpoints
  [
    "a subset without addresses",
    newEndpoints({ subsets: [{ ports: [{ port: 80 }] }] }),
    "Required subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
  ],
  [
    "an address of the node itself",
    newEndpoints({ subsets: [{ addresses: [{ ip: "127.0.0.1" }] }] }),
    'Invalid subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  ["no kind of address", newSlice({ endpoints: [] }), "Required addressType: Required value"],
  [
    "an unknown kind of address",
    newSlice({ addressType: "MAC", endpoints: [] }),
    'NotSupported addressType: Unsupported value: "MAC": supported values: "FQDN", "IPv4", "IPv6"',
  ],
  [
    "an address of another kind",
    newSlice({ addressType: "IPv4", endpoints: [{ addresses: ["fd00::1"] }] }),
    'Invalid endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
  ],
  [
    "an endpoint without address",
    newSlice({ addressType: "IPv4", endpoints: [{}] }),
    "Required endpoints[0].addresses: Required value: must contain at least 1 address",
  ],
  [
    "too many endpoints",
    newSlice({ addressType: "IPv4", endpoints: Array(1001).fill({ addresses: ["10.0.0.1"] }) }),
    "TooMany endpoints: Too many: 1001: must have at most 1000 items",
  ],
  [
    "another kind of address",
    turn(EndpointSlices)({ addressType: "IPv4" }, { addressType: "IPv6" }),
    'Invalid addressType: Invalid value: "IPv6": field is immutable',
  ],
  // leases and events
  [
    "a lease for no time",
    newLease({ spec: { leaseDurationSeconds: 0 } }),
    "Invalid spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
  ],
  [
    "an event of another namespace",
    newEvent({ involvedObject: { namespace: "other" } }),
    'Invalid involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ],
  [
    "an exact event of nobody",
    newEvent({ involvedObject: { namespace: "default" }, eventTime: "2024-01-01T00:00:00.000000Z" }),
    "Required reportingComponent: Required value",
    "Required reportingInstance: Required value",
    "Required action: Required value",
    "Required reason: Required value",
  ],
];

for (const [what, check] of accepted) test(`${what} is accepted`, () => assert.deepEqual(check(), []));
for (const [what, check, ...causes] of refused) test(`${what} is refused`, () => assert.deepEqual(check(), causes));
