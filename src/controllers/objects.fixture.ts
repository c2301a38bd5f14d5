import type { Deployment } from "#api/apps/v1/deployment.ts";
import type { ReplicaSet } from "#api/apps/v1/replica-set.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Service } from "#api/core/v1/service.ts";
import type { Draft, KubeObject, ObjectMeta } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";

/** Objects as the server would give them, for tests of plans. Times count from this moment. */
export const start = Date.UTC(2030, 0, 1);
export const at = (seconds: number): string => timestamp(start + seconds * 1000);

export function meta(name: string, rest: Partial<ObjectMeta> = {}): ObjectMeta {
  return { namespace: "default", uid: `uid-${name}`, resourceVersion: "1", creationTimestamp: at(0), ...rest, name };
}

interface PodOptions {
  readonly ready?: boolean;
  readonly readySince?: number;
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  readonly node?: string;
  readonly ip?: string;
  readonly restarts?: number;
  readonly meta?: Partial<ObjectMeta>;
  readonly spec?: Draft<Pod["spec"]>;
}

export function pod(name: string, options: PodOptions = {}): Pod {
  const { ready = true, readySince = 0, phase = "Running", node, ip, restarts = 0 } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: meta(name, options.meta),
    spec: { containers: [{ name: "main" }], ...(node && { nodeName: node }), ...options.spec } as Pod["spec"],
    status: {
      phase,
      ...(ip && { podIP: ip, podIPs: [{ ip }] }),
      conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: at(readySince) }],
      containerStatuses: [{ name: "main", ready, restartCount: restarts, image: "i", imageID: "" }],
    },
  };
}

export function replicaSet(name: string, replicas: number, options: Partial<ReplicaSetOptions> = {}): ReplicaSet {
  const { available = replicas, image = name, annotations, created = 0, status = {} } = options;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: meta(name, { generation: 1, creationTimestamp: at(created), ...(annotations && { annotations }) }),
    spec: { replicas, selector: { matchLabels: { app: "web" } }, template: template(image) },
    status: { replicas, readyReplicas: available, availableReplicas: available, observedGeneration: 1, ...status },
  };
}

interface ReplicaSetOptions {
  readonly available: number;
  readonly image: string;
  readonly annotations: Record<string, string>;
  readonly created: number;
  readonly status: Partial<NonNullable<ReplicaSet["status"]>>;
}

export function deployment(
  replicas: number,
  spec: Partial<Deployment["spec"]> = {},
  rest: Partial<KubeObject> & Pick<Deployment, "status"> = {},
): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: meta("web", { generation: 1 }),
    ...rest,
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: template("new"),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
    },
  };
}

export function template(image: string): Deployment["spec"]["template"] {
  return {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "main", image }] } as Pod["spec"],
  } as Deployment["spec"]["template"];
}

export function service(spec: Draft<Service["spec"]> = {}, labels?: Record<string, string>): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: meta("web", labels && { labels }),
    spec: {
      selector: { app: "web" },
      ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080 }],
      clusterIP: "10.0.0.1",
      ipFamilies: ["IPv4"],
      ...spec,
    } as Service["spec"],
  };
}

export function node(name: string, ready: "True" | "False" | "Unknown", rest: Partial<Node["spec"]> = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: meta(name, { namespace: undefined as unknown as string }),
    spec: rest,
    status: { conditions: [{ type: "Ready", status: ready, lastHeartbeatTime: at(0), lastTransitionTime: at(0) }] },
  };
}
