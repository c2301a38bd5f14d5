import { enumOf, type Infer, inlined, int, intOrString, list, long, ref, string, struct } from "#schema/nodes.ts";
import { deriveHttpGet, deriveProbe } from "./probe.defaults.ts";
import { checkGrpc, checkHttpGet, checkLifecycle, checkProbe, checkTcpSocket } from "./probe.rules.ts";
import { signals } from "./signals.ts";

export const ExecAction = struct("io.k8s.api.core.v1.ExecAction", {
  command: list(string(), { tag: 1, description: "Program and arguments; no shell reads them." }),
});

export interface ExecAction extends Infer<typeof ExecAction> {}

export const HTTPHeader = struct("io.k8s.api.core.v1.HTTPHeader", {
  name: string({ tag: 1, required: true }),
  value: string({ tag: 2, required: true, keepEmpty: true }),
});

export interface HTTPHeader extends Infer<typeof HTTPHeader> {}

export const HTTPGetAction = struct(
  "io.k8s.api.core.v1.HTTPGetAction",
  {
    path: string({ tag: 1, description: "Path to ask for; / by default." }),
    port: intOrString({ tag: 2, description: "Number or name of the port.", required: true, keepEmpty: true }),
    host: string({ tag: 3, description: "Host to connect to; the pod by default." }),
    scheme: enumOf(["HTTP", "HTTPS"], { tag: 4, description: "HTTP or HTTPS; certificates are not checked." }),
    httpHeaders: list(HTTPHeader, { tag: 5, description: "Headers to send." }),
  },
  { derive: (v) => deriveHttpGet(v), check: (v, path) => checkHttpGet(v, path) },
);

export interface HTTPGetAction extends Infer<typeof HTTPGetAction> {}

export const TCPSocketAction = struct(
  "io.k8s.api.core.v1.TCPSocketAction",
  {
    port: intOrString({ tag: 1, required: true, keepEmpty: true }),
    host: string({ tag: 2 }),
  },
  { check: (v, path) => checkTcpSocket(v, path) },
);

export interface TCPSocketAction extends Infer<typeof TCPSocketAction> {}

export const GRPCAction = struct(
  "io.k8s.api.core.v1.GRPCAction",
  {
    port: int({ tag: 1, required: true, keepEmpty: true }),
    service: string({ tag: 2, default: "", keepEmpty: true }),
  },
  { check: (v, path) => checkGrpc(v, path) },
);

export interface GRPCAction extends Infer<typeof GRPCAction> {}

export const ProbeHandler = struct(
  "io.k8s.api.core.v1.ProbeHandler",
  {
    exec: ref(ExecAction, { tag: 1, description: "Runs a command in the container; exit status 0 is success." }),
    httpGet: ref(HTTPGetAction, { tag: 2, description: "Asks by HTTP; a status from 200 to 399 is success." }),
    tcpSocket: ref(TCPSocketAction, { tag: 3, description: "Opens a connection." }),
    grpc: ref(GRPCAction, { tag: 4, description: "Calls the health service of gRPC." }),
  },
  { description: "How a container is asked; exactly one." },
);

export interface ProbeHandler extends Infer<typeof ProbeHandler> {}

export const Probe = struct(
  "io.k8s.api.core.v1.Probe",
  {
    ...inlined(ProbeHandler, 1),
    initialDelaySeconds: int({ tag: 2, omitZero: true, description: "Seconds after the start before the first time." }),
    timeoutSeconds: int({
      tag: 3,
      omitZero: true,
      description: "Seconds after which no answer counts as failure; 1 by default.",
    }),
    periodSeconds: int({ tag: 4, omitZero: true, description: "Seconds from one time to the next; 10 by default." }),
    successThreshold: int({
      tag: 5,
      omitZero: true,
      description:
        "Successes in a row that make up for a failure; 1 by default, and must be 1 for liveness and startup.",
    }),
    failureThreshold: int({ tag: 6, omitZero: true, description: "Failures in a row that count; 3 by default." }),
    terminationGracePeriodSeconds: long({
      tag: 7,
      description: "Seconds that a container gets to stop after this probe failed, instead of the pod's.",
    }),
  },
  {
    description: "A question asked to a container again and again.",
    derive: (v) => deriveProbe(v),
    check: (v, path) => checkProbe(v, path),
  },
);

export interface Probe extends Infer<typeof Probe> {}

export const SleepAction = struct("io.k8s.api.core.v1.SleepAction", {
  seconds: long({ tag: 1, required: true, keepEmpty: true }),
});

export interface SleepAction extends Infer<typeof SleepAction> {}

export const LifecycleHandler = struct("io.k8s.api.core.v1.LifecycleHandler", {
  exec: ref(ExecAction, { tag: 1 }),
  httpGet: ref(HTTPGetAction, { tag: 2 }),
  tcpSocket: ref(TCPSocketAction, { tag: 3 }),
  sleep: ref(SleepAction, { tag: 4 }),
});

export interface LifecycleHandler extends Infer<typeof LifecycleHandler> {}

export const Lifecycle = struct(
  "io.k8s.api.core.v1.Lifecycle",
  {
    postStart: ref(LifecycleHandler, {
      tag: 1,
      description: "Right after the start; when it fails, the container is killed.",
    }),
    preStop: ref(LifecycleHandler, {
      tag: 2,
      description: "Before the stop; the grace period counts from its beginning.",
    }),
    stopSignal: enumOf(signals, {
      tag: 3,
      description: "Signal that asks the container to stop, instead of the image's.",
    }),
  },
  { description: "What to do at turning points of a container's life.", check: (v, path) => checkLifecycle(v, path) },
);

export interface Lifecycle extends Infer<typeof Lifecycle> {}
