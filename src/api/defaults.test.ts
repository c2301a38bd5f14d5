import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "./apps/v1/deployment.ts";
import { ReplicaSets } from "./apps/v1/replica-set.ts";
import { imageTag } from "./core/v1/image-tag.ts";
import { Namespaces } from "./core/v1/namespace.ts";
import { Nodes } from "./core/v1/node.ts";
import { Pods } from "./core/v1/pod.ts";
import { qosClass } from "./core/v1/qos.ts";
import { Secrets } from "./core/v1/secret.ts";
import { type Service, Services } from "./core/v1/service.ts";
import { EndpointSlices } from "./discovery/v1/endpoint-slice.ts";
import type { Draft } from "./meta/object-meta.ts";
import { created, received, updated } from "./test-objects.ts";

const metadata = { name: "web", namespace: "default" };

test("a pod with everything that the server adds to one", () => {
  const pod = created(Pods, {
    metadata,
    spec: {
      hostNetwork: true,
      serviceAccountName: "robot",
      containers: [
        {
          name: "c",
          image: "registry:5000/nginx",
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: "0.5", memory: "1024Mi" }, requests: { cpu: "100m" } },
          env: [
            { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
            { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
          ],
          livenessProbe: { httpGet: { port: 80 }, periodSeconds: 0 },
          readinessProbe: { grpc: { port: 9 } },
        },
      ],
      initContainers: [{ name: "i", image: "busybox:1.36" }],
      volumes: [
        { name: "none" },
        { name: "secret", secret: { secretName: "s" } },
        { name: "host", hostPath: { path: "/x" } },
        { name: "token", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
      ],
    },
  });
  const common = { terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File" };
  assert.deepEqual(pod as unknown, {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: {
      containers: [
        {
          ...common,
          name: "c",
          image: "registry:5000/nginx",
          imagePullPolicy: "Always",
          ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }],
          resources: { limits: { cpu: "500m", memory: "1Gi" }, requests: { cpu: "100m", memory: "1Gi" } },
          env: [
            { name: "IP", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } } },
            { name: "CPU", valueFrom: { resourceFieldRef: { divisor: "0", resource: "limits.cpu" } } },
          ],
          livenessProbe: {
            httpGet: { path: "/", port: 80, scheme: "HTTP" },
            failureThreshold: 3,
            periodSeconds: 10,
            successThreshold: 1,
            timeoutSeconds: 1,
          },
          readinessProbe: {
            grpc: { port: 9, service: "" },
            failureThreshold: 3,
            periodSeconds: 10,
            successThreshold: 1,
            timeoutSeconds: 1,
          },
        },
      ],
      initContainers: [{ ...common, name: "i", image: "busybox:1.36", imagePullPolicy: "IfNotPresent", resources: {} }],
      volumes: [
        { name: "none", emptyDir: {} },
        { name: "secret", secret: { secretName: "s", defaultMode: 420 } },
        { name: "host", hostPath: { path: "/x", type: "" } },
        {
          name: "token",
          projected: { defaultMode: 420, sources: [{ serviceAccountToken: { expirationSeconds: 3600, path: "t" } }] },
        },
      ],
      dnsPolicy: "ClusterFirst",
      enableServiceLinks: true,
      hostNetwork: true,
      restartPolicy: "Always",
      schedulerName: "default-scheduler",
      securityContext: {},
      serviceAccount: "robot",
      serviceAccountName: "robot",
      terminationGracePeriodSeconds: 30,
    },
    status: { phase: "Pending", qosClass: "Burstable" },
  });
});

test("a pod that asks as a whole requests what its containers do, or else its limits", () => {
  const pod = created(Pods, {
    metadata,
    spec: {
      resources: { limits: { cpu: "2", memory: "1Gi" } },
      containers: [
        { name: "a", image: "i", resources: { requests: { cpu: "300m" } } },
        { name: "b", image: "i", resources: { requests: { cpu: "200m" } } },
      ],
      initContainers: [{ name: "i", image: "i", resources: { requests: { cpu: "1" } } }],
    },
  });
  assert.deepEqual(pod.spec.resources?.requests, { cpu: "1", memory: "1Gi" });
});

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx:1.27" }] } };
const readyTemplate = {
  metadata: { labels: { app: "web" } },
  spec: {
    containers: [
      {
        image: "nginx:1.27",
        imagePullPolicy: "IfNotPresent",
        name: "c",
        resources: {},
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
      },
    ],
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  },
};

test("a deployment and a replica set", () => {
  const selector = { matchLabels: { app: "web" } };
  assert.deepEqual(created(Deployments, { metadata, spec: { selector, template } }) as unknown, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      progressDeadlineSeconds: 600,
      replicas: 1,
      revisionHistoryLimit: 10,
      selector,
      strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" }, type: "RollingUpdate" },
      template: readyTemplate,
    },
    status: {},
  });
  assert.deepEqual(created(ReplicaSets, { metadata, spec: { selector, template } }) as unknown, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata,
    spec: { replicas: 1, selector, template: readyTemplate },
    status: { replicas: 0 },
  });
});

test("what is zero on purpose stays zero", () => {
  const spec = { replicas: 0, revisionHistoryLimit: 0, selector: { matchLabels: { app: "web" } }, template };
  const deployment = created(Deployments, { metadata, spec: { ...spec, strategy: { type: "Recreate" } } });
  assert.equal(deployment.spec.replicas, 0);
  assert.equal(deployment.spec.revisionHistoryLimit, 0);
  assert.deepEqual(deployment.spec.strategy, { type: "Recreate" });
  const pod = created(Pods, { metadata, spec: { ...template.spec, terminationGracePeriodSeconds: 0 } });
  assert.equal(pod.spec.terminationGracePeriodSeconds, 0);
});

test("zeros that mean nothing are left out: clients that speak protobuf send them all", () => {
  const spec = { selector: { matchLabels: { app: "web" } }, template, minReadySeconds: 0, paused: false };
  const container = { name: "c", image: "i", stdin: false, tty: false, ports: [{ containerPort: 80, hostPort: 0 }] };
  assert.ok(!("paused" in received(Deployments, { metadata, spec }).spec));
  const pod = received(Pods, {
    metadata: { ...metadata, generation: 0 },
    spec: { hostNetwork: false, containers: [container] },
  });
  assert.deepEqual(Object.keys(pod.metadata), ["name", "namespace"]);
  assert.ok(!("hostNetwork" in pod.spec));
  assert.ok(!("stdin" in pod.spec.containers[0]!));
  assert.deepEqual(pod.spec.containers[0]?.ports, [{ containerPort: 80, protocol: "TCP" }]);
});

const service = (spec: Draft<Service["spec"]>) => created(Services, { metadata, spec });
const oneFamily = { ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" };

test("services of all types", () => {
  assert.deepEqual(service({ ports: [{ port: 80 }] }) as unknown, {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: {
      internalTrafficPolicy: "Cluster",
      ...oneFamily,
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      sessionAffinity: "None",
      type: "ClusterIP",
    },
    status: { loadBalancer: {} },
  });
  assert.deepEqual(service({ type: "LoadBalancer", sessionAffinity: "ClientIP" }).spec as unknown, {
    allocateLoadBalancerNodePorts: true,
    externalTrafficPolicy: "Cluster",
    internalTrafficPolicy: "Cluster",
    ...oneFamily,
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
    type: "LoadBalancer",
  });
  assert.deepEqual(service({ clusterIP: "None" }).spec as unknown, {
    clusterIP: "None",
    clusterIPs: ["None"],
    internalTrafficPolicy: "Cluster",
    ipFamilies: ["IPv4", "IPv6"],
    ipFamilyPolicy: "RequireDualStack",
    sessionAffinity: "None",
    type: "ClusterIP",
  });
  assert.deepEqual(service({ type: "ExternalName", externalName: "a.b" }).spec as unknown, {
    externalName: "a.b",
    sessionAffinity: "None",
    type: "ExternalName",
  });
});

test("an update of a service without what was allocated keeps it", () => {
  const old = service({ type: "NodePort", clusterIP: "10.0.0.1", ports: [{ port: 80, nodePort: 30080 }] });
  const next = updated(Services, { metadata, spec: { type: "NodePort", ports: [{ port: 80 }, { port: 81 }] } }, old);
  assert.equal(next.spec.clusterIP, "10.0.0.1");
  assert.deepEqual(next.spec.clusterIPs, ["10.0.0.1"]);
  assert.deepEqual(
    next.spec.ports?.map((port) => port.nodePort),
    [30080, undefined],
  );
});

test("a service that is no node port any more gives its ports back, as kubectl patch leaves them in", () => {
  const old = service({ type: "NodePort", clusterIP: "10.0.0.1", ports: [{ port: 80, nodePort: 30080 }] });
  const next = updated(Services, { metadata, spec: { ...old.spec, type: "ClusterIP" } }, old);
  assert.deepEqual(next.spec.ports, [{ port: 80, protocol: "TCP", targetPort: 80 }]);
  assert.equal(next.spec.externalTrafficPolicy, undefined);
});

test("a namespace is labelled with its name and waits for its content", () => {
  const namespace = created(Namespaces, { metadata: { name: "dev", labels: { a: "b" } } });
  assert.deepEqual(namespace as unknown, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "dev", labels: { a: "b", "kubernetes.io/metadata.name": "dev" } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
  const draft = received(Namespaces, { metadata: { generateName: "dev-" } });
  draft.metadata.name = "dev-x"; // as the server generates it
  Namespaces.rules.create?.(draft);
  assert.equal(draft.metadata.labels?.["kubernetes.io/metadata.name"], "dev-x");
  const next = updated(Namespaces, { metadata: { name: "dev" }, spec: { finalizers: [] } }, namespace);
  assert.deepEqual(next.spec.finalizers, ["kubernetes"]);
});

test("a secret keeps plain text as bytes", () => {
  const secret = received(Secrets, { metadata, data: { a: "AA==", b: "AA==" }, stringData: { b: "text" } });
  assert.deepEqual(secret as unknown, {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    data: { a: "AA==", b: Buffer.from("text").toString("base64") },
    type: "Opaque",
  });
});

test("a node has all of itself to give, and says nothing about itself until it does", () => {
  const node = received(Nodes, { metadata: { name: "n" }, status: { capacity: { cpu: "2" } } });
  assert.deepEqual(node.status?.allocatable, { cpu: "2" });
  assert.deepEqual(node.status?.daemonEndpoints, { kubeletEndpoint: { Port: 0 } });
  assert.equal(node.status?.nodeInfo?.kubeletVersion, "");
});

test("ports of a slice", () => {
  const slice = received(EndpointSlices, { metadata, addressType: "IPv4", ports: [{ port: 80 }, { name: "b" }] });
  assert.deepEqual(slice.ports, [
    { port: 80, name: "", protocol: "TCP" },
    { name: "b", protocol: "TCP" },
  ]);
});

test("tags of images", () => {
  const tags: Record<string, string> = {
    nginx: "latest",
    "nginx:latest": "latest",
    "nginx:1.27": "1.27",
    "registry:5000/a/nginx": "latest",
    "registry:5000/a/nginx:2": "2",
    "nginx@sha256:00": "",
    "nginx:2@sha256:00": "2",
    "": "",
  };
  for (const [reference, tag] of Object.entries(tags)) assert.equal(imageTag(reference), tag, reference);
});

test("quality of service", () => {
  const container = (resources: object) => ({ name: "c", image: "i", resources });
  const both = { cpu: "1", memory: "1Gi" };
  const rows: [expected: string, ...containers: object[]][] = [
    ["BestEffort", {}],
    ["BestEffort", { requests: { "ephemeral-storage": "1Gi" } }],
    ["BestEffort", { requests: { cpu: "0" } }],
    ["Burstable", { requests: { cpu: "1" } }],
    ["Burstable", { limits: both, requests: { cpu: "500m", memory: "1Gi" } }],
    ["Burstable", { limits: both }, {}],
    ["Guaranteed", { limits: both, requests: { cpu: "1000m", memory: "1024Mi" } }],
    ["Guaranteed", { limits: both }],
  ];
  for (const [expected, ...resources] of rows) {
    assert.equal(qosClass({ containers: resources.map(container) }), expected, JSON.stringify(resources));
  }
});
