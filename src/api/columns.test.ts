import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "./apps/v1/deployment.ts";
import { ReplicaSets } from "./apps/v1/replica-set.ts";
import { Leases } from "./coordination/v1/lease.ts";
import { ConfigMaps } from "./core/v1/config-map.ts";
import { EndpointsResource } from "./core/v1/endpoints.ts";
import { Events } from "./core/v1/event.ts";
import { Namespaces } from "./core/v1/namespace.ts";
import { Nodes } from "./core/v1/node.ts";
import { type Pod, Pods } from "./core/v1/pod.ts";
import { Secrets } from "./core/v1/secret.ts";
import { Services } from "./core/v1/service.ts";
import { ServiceAccounts } from "./core/v1/service-account.ts";
import { EndpointSlices } from "./discovery/v1/endpoint-slice.ts";
import type { Draft, KubeObject } from "./meta/object-meta.ts";
import type { Resource } from "./resource.ts";
import { received } from "./test-objects.ts";

const now = Date.parse("2024-01-01T01:00:00Z");
const hourAgo = "2024-01-01T00:00:00Z";
const fiveMinutesAgo = "2024-01-01T00:55:00Z";

/** The row that `kubectl get` prints, and with it what `-o wide` adds. */
function row<O extends KubeObject>(resource: Resource<O>, draft: Draft<O>): string {
  const metadata = { name: "web", creationTimestamp: hourAgo, ...(draft as Draft<KubeObject>).metadata };
  const object = received(resource, { ...draft, metadata });
  const cells = (wide: boolean) =>
    resource.columns.filter((c) => (c.priority ?? 0) > 0 === wide).map((c) => `${c.value(object, now)}`);
  return [cells(false).join(" | "), cells(true).join(" | ")].filter(Boolean).join(" || ");
}

const head = (resource: Resource) =>
  resource.columns.map((c) => (c.priority ? `(${c.name})` : c.name).toUpperCase()).join(" ");

test("the heads of all tables", () => {
  assert.deepEqual(
    [
      ConfigMaps,
      Deployments,
      EndpointSlices,
      EndpointsResource,
      Events,
      Leases,
      Namespaces,
      Nodes,
      Pods,
      ReplicaSets,
      Secrets,
      ServiceAccounts,
      Services,
    ].map((resource) => head(resource)),
    [
      "NAME DATA AGE",
      "NAME READY UP-TO-DATE AVAILABLE AGE (CONTAINERS) (IMAGES) (SELECTOR)",
      "NAME ADDRESSTYPE PORTS ENDPOINTS AGE",
      "NAME ENDPOINTS AGE",
      "LAST SEEN TYPE REASON OBJECT (SUBOBJECT) (SOURCE) MESSAGE (FIRST SEEN) (COUNT) (NAME)",
      "NAME HOLDER AGE",
      "NAME STATUS AGE",
      "NAME STATUS ROLES AGE VERSION (INTERNAL-IP) (EXTERNAL-IP) (OS-IMAGE) (KERNEL-VERSION) (CONTAINER-RUNTIME)",
      "NAME READY STATUS RESTARTS AGE (IP) (NODE) (NOMINATED NODE) (READINESS GATES)",
      "NAME DESIRED CURRENT READY AGE (CONTAINERS) (IMAGES) (SELECTOR)",
      "NAME TYPE DATA AGE",
      "NAME AGE",
      "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE (SELECTOR)",
    ],
  );
});

const template = {
  metadata: { labels: { app: "web" } },
  spec: {
    containers: [
      { name: "a", image: "i:1" },
      { name: "b", image: "j:2" },
    ],
  },
};
const selector = { matchLabels: { app: "web" }, matchExpressions: [{ key: "a", operator: "In", values: ["y", "x"] }] };
const subset = (count: number) => ({
  addresses: Array.from({ length: count }, (_, i) => ({ ip: `10.0.0.${i + 1}` })),
  ports: [{ port: 80 }],
});
const about = { kind: "Pod", namespace: "default", name: "a", fieldPath: "spec.containers{c}" };

const rows: [what: string, row: string, expected: string][] = [
  ["config map", row(ConfigMaps, { data: { a: "1" }, binaryData: { b: "AA==" } }), "web | 2 | 60m"],
  ["secret", row(Secrets, { data: { a: "AA==" } }), "web | Opaque | 1 | 60m"],
  ["service account", row(ServiceAccounts, {}), "web | 60m"],
  ["namespace", row(Namespaces, { status: { phase: "Terminating" } }), "web | Terminating | 60m"],
  ["lease", row(Leases, { spec: { holderIdentity: "node-1" } }), "web | node-1 | 60m"],
  [
    "deployment",
    row(Deployments, { spec: { replicas: 3, selector, template }, status: { readyReplicas: 1, updatedReplicas: 2 } }),
    "web | 1/3 | 2 | 0 | 60m || a,b | i:1,j:2 | a in (x,y),app=web",
  ],
  [
    "replica set",
    row(ReplicaSets, {
      spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, template },
      status: { replicas: 2, readyReplicas: 1 },
    }),
    "web | 3 | 2 | 1 | 60m || a,b | i:1,j:2 | app=web",
  ],
  ["endpoints", row(EndpointsResource, { subsets: [subset(2)] }), "web | 10.0.0.1:80,10.0.0.2:80 | 60m"],
  [
    "many endpoints",
    row(EndpointsResource, { subsets: [subset(5)] }),
    "web | 10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more... | 60m",
  ],
  ["no endpoints", row(EndpointsResource, {}), "web | <none> | 60m"],
  [
    "slice",
    row(EndpointSlices, { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] }),
    "web | IPv4 | 80 | 10.0.0.1 | 60m",
  ],
  ["empty slice", row(EndpointSlices, { addressType: "IPv4" }), "web | IPv4 | <unset> | <unset> | 60m"],
  [
    "service",
    row(Services, {
      spec: {
        clusterIP: "10.0.0.1",
        clusterIPs: ["10.0.0.1"],
        ports: [{ port: 80 }, { name: "b", port: 53, protocol: "UDP" }],
        selector: { b: "2", a: "1" },
      },
    }),
    "web | ClusterIP | 10.0.0.1 | <none> | 80/TCP,53/UDP | 60m || a=1,b=2",
  ],
  [
    "headless service",
    row(Services, { spec: { clusterIP: "None", clusterIPs: ["None"] } }),
    "web | ClusterIP | None | <none> | <none> | 60m || <none>",
  ],
  [
    "node port",
    row(Services, { spec: { type: "NodePort", clusterIP: "10.0.0.1", ports: [{ port: 80, nodePort: 30080 }] } }),
    "web | NodePort | 10.0.0.1 | <none> | 80:30080/TCP | 60m || <none>",
  ],
  [
    "load balancer that waits",
    row(Services, { spec: { type: "LoadBalancer", clusterIP: "10.0.0.1" } }),
    "web | LoadBalancer | 10.0.0.1 | <pending> | <none> | 60m || <none>",
  ],
  [
    "load balancer",
    row(Services, {
      spec: { type: "LoadBalancer", externalIPs: ["2.2.2.2"] },
      status: { loadBalancer: { ingress: [{ ip: "1.1.1.1" }] } },
    }),
    "web | LoadBalancer | <none> | 1.1.1.1,2.2.2.2 | <none> | 60m || <none>",
  ],
  [
    "external name",
    row(Services, { spec: { type: "ExternalName", externalName: "a.b" } }),
    "web | ExternalName | <none> | a.b | <none> | 60m || <none>",
  ],
  [
    "node",
    row(Nodes, {
      metadata: {
        labels: {
          "node-role.kubernetes.io/worker": "",
          "node-role.kubernetes.io/control-plane": "",
          "kubernetes.io/role": "db",
        },
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        addresses: [{ type: "InternalIP", address: "10.1.1.1" }],
        nodeInfo: {
          kubeletVersion: "v1.36.0",
          osImage: "Debian",
          kernelVersion: "6.1",
          containerRuntimeVersion: "containerd://1.6",
        },
      },
    }),
    "web | Ready,SchedulingDisabled | control-plane,db,worker | 60m | v1.36.0 || 10.1.1.1 | <none> | Debian | 6.1 | containerd://1.6",
  ],
  [
    "node that is lost",
    row(Nodes, { status: { conditions: [{ type: "Ready", status: "Unknown" }] } }),
    "web | NotReady | <none> | 60m |  || <none> | <none> | <unknown> | <unknown> | <unknown>",
  ],
  [
    "node that never spoke",
    row(Nodes, {}),
    "web | Unknown | <none> | 60m |  || <none> | <none> | <unknown> | <unknown> | <unknown>",
  ],
  [
    "event",
    row(Events, {
      involvedObject: about,
      type: "Warning",
      reason: "BackOff",
      message: "again\n",
      count: 4,
      firstTimestamp: hourAgo,
      lastTimestamp: fiveMinutesAgo,
      source: { component: "kubelet", host: "n1" },
    }),
    "5m | Warning | BackOff | pod/a | again || spec.containers{c} | kubelet, n1 | 60m | 4 | web",
  ],
  [
    "event of the newer form",
    row(Events, {
      involvedObject: { kind: "Node" },
      eventTime: "2024-01-01T00:00:00.000000Z",
      series: { count: 2, lastObservedTime: "2024-01-01T00:55:00.000000Z" },
      reportingComponent: "x.io/y",
    }),
    "5m |  |  | node |  ||  | x.io/y | 60m | 2 | web",
  ],
];

for (const [what, actual, expected] of rows) test(`the row of a ${what}`, () => assert.equal(actual, expected));

type Status = Draft<NonNullable<Pod["status"]>>;

const podRow = (status: Status, rest: Draft<Pod> = {}) =>
  row(Pods, {
    metadata: rest.metadata ?? {},
    spec: {
      containers: [
        { name: "a", image: "i" },
        { name: "b", image: "j" },
      ],
      ...rest.spec,
    },
    status,
  }).split(" || ")[0];
const running = (name: string, more: object = {}) => ({ name, ready: true, state: { running: {} }, ...more });
const ended = (exitCode: number, more: object = {}) => ({ terminated: { exitCode, ...more } });
const before = { lastState: { terminated: { exitCode: 1, finishedAt: fiveMinutesAgo } } };

const podRows: [what: string, row: string | undefined, expected: string][] = [
  ["waits for a node", podRow({ phase: "Pending" }), "web | 0/2 | Pending | 0 | 60m"],
  [
    "waits for gates",
    podRow({ phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] }),
    "web | 0/2 | SchedulingGated | 0 | 60m",
  ],
  [
    "is being made",
    podRow({
      phase: "Pending",
      containerStatuses: [{ name: "a", state: { waiting: { reason: "ContainerCreating" } } }],
    }),
    "web | 0/2 | ContainerCreating | 0 | 60m",
  ],
  [
    "runs",
    podRow({ phase: "Running", containerStatuses: [running("a"), running("b", { restartCount: 3, ...before })] }),
    "web | 2/2 | Running | 3 (5m ago) | 60m",
  ],
  [
    "crashes",
    podRow({
      phase: "Running",
      containerStatuses: [
        { name: "a", restartCount: 5, ...before, state: { waiting: { reason: "CrashLoopBackOff" } } },
        running("b"),
      ],
    }),
    "web | 1/2 | CrashLoopBackOff | 5 (5m ago) | 60m",
  ],
  [
    "is done",
    podRow({ phase: "Succeeded", containerStatuses: [{ name: "a", state: ended(0, { reason: "Completed" }) }] }),
    "web | 0/2 | Completed | 0 | 60m",
  ],
  [
    "is done in part",
    podRow({
      phase: "Running",
      containerStatuses: [{ name: "a", state: ended(0, { reason: "Completed" }) }, running("b")],
    }),
    "web | 1/2 | NotReady | 0 | 60m",
  ],
  [
    "was killed",
    podRow({ phase: "Failed", containerStatuses: [{ name: "a", state: ended(137, { signal: 9 }) }] }),
    "web | 0/2 | Signal:9 | 0 | 60m",
  ],
  [
    "failed",
    podRow({ phase: "Failed", containerStatuses: [{ name: "a", state: ended(2) }] }),
    "web | 0/2 | ExitCode:2 | 0 | 60m",
  ],
  ["was evicted", podRow({ phase: "Failed", reason: "Evicted" }), "web | 0/2 | Evicted | 0 | 60m"],
  [
    "goes",
    podRow(
      { phase: "Running", containerStatuses: [running("a"), running("b")] },
      { metadata: { deletionTimestamp: hourAgo } },
    ),
    "web | 2/2 | Terminating | 0 | 60m",
  ],
  [
    "goes on a lost node",
    podRow({ phase: "Running", reason: "NodeLost" }, { metadata: { deletionTimestamp: hourAgo } }),
    "web | 0/2 | Unknown | 0 | 60m",
  ],
  [
    "starts its second of two",
    podRow(
      {
        phase: "Pending",
        initContainerStatuses: [
          { name: "x", state: ended(0) },
          { name: "y", state: { running: {} } },
        ],
      },
      {
        spec: {
          initContainers: [
            { name: "x", image: "i" },
            { name: "y", image: "i" },
          ],
        },
      },
    ),
    "web | 0/2 | Init:1/2 | 0 | 60m",
  ],
  [
    "cannot start",
    podRow(
      {
        phase: "Pending",
        initContainerStatuses: [
          { name: "x", restartCount: 2, ...before, state: { waiting: { reason: "CrashLoopBackOff" } } },
        ],
      },
      { spec: { initContainers: [{ name: "x", image: "i" }] } },
    ),
    "web | 0/2 | Init:CrashLoopBackOff | 2 (5m ago) | 60m",
  ],
  [
    "failed to start",
    podRow(
      { phase: "Failed", initContainerStatuses: [{ name: "x", state: ended(1, { reason: "Error" }) }] },
      { spec: { initContainers: [{ name: "x", image: "i" }] } },
    ),
    "web | 0/2 | Init:Error | 0 | 60m",
  ],
  [
    "runs with a sidecar",
    podRow(
      {
        phase: "Running",
        initContainerStatuses: [running("s", { started: true, restartCount: 1 })],
        containerStatuses: [running("a"), running("b")],
      },
      { spec: { initContainers: [{ name: "s", image: "i", restartPolicy: "Always" }] } },
    ),
    "web | 3/3 | Running | 1 | 60m",
  ],
];

for (const [what, actual, expected] of podRows)
  test(`the row of a pod that ${what}`, () => assert.equal(actual, expected));

test("what -o wide adds to a pod", () => {
  const all = row(Pods, {
    spec: { nodeName: "n1", readinessGates: [{ conditionType: "x/y" }, { conditionType: "z" }], containers: [] },
    status: { podIPs: [{ ip: "10.0.0.7" }], nominatedNodeName: "n2", conditions: [{ type: "z", status: "True" }] },
  });
  assert.equal(all.split(" || ")[1], "10.0.0.7 | n1 | n2 | 1/2");
  assert.equal(row(Pods, {}).split(" || ")[1], "<none> | <none> | <none> | <none>");
});
