import { enumOf, type Infer, inlined, int, intOrString, list, long, ref, string, struct } from "#schema/nodes.ts";
import { deriveHttpGet, deriveProbe } from "./probe.defaults.ts";
import { checkGrpc, checkHttpGet, checkLifecycle, checkProbe, checkTcpSocket } from "./probe.rules.ts";

export const ExecAction = struct("io.k8s.api.core.v1.ExecAction", {
  command: list(string(), { tag: 1 }),
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
    path: string({ tag: 1 }),
    port: intOrString({ tag: 2, required: true, keepEmpty: true }),
    host: string({ tag: 3 }),
    scheme: enumOf(["HTTP", "HTTPS"], { tag: 4 }),
    httpHeaders: list(HTTPHeader, { tag: 5 }),
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

export const ProbeHandler = struct("io.k8s.api.core.v1.ProbeHandler", {
  exec: ref(ExecAction, { tag: 1 }),
  httpGet: ref(HTTPGetAction, { tag: 2 }),
  tcpSocket: ref(TCPSocketAction, { tag: 3 }),
  grpc: ref(GRPCAction, { tag: 4 }),
});

export interface ProbeHandler extends Infer<typeof ProbeHandler> {}

export const Probe = struct(
  "io.k8s.api.core.v1.Probe",
  {
    ...inlined(ProbeHandler, 1),
    initialDelaySeconds: int({ tag: 2 }),
    timeoutSeconds: int({ tag: 3 }),
    periodSeconds: int({ tag: 4 }),
    successThreshold: int({ tag: 5 }),
    failureThreshold: int({ tag: 6 }),
    terminationGracePeriodSeconds: long({ tag: 7 }),
  },
  { derive: (v) => deriveProbe(v), check: (v, path) => checkProbe(v, path) },
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
    postStart: ref(LifecycleHandler, { tag: 1 }),
    preStop: ref(LifecycleHandler, { tag: 2 }),
    stopSignal: enumOf(
      [
        "SIGABRT",
        "SIGALRM",
        "SIGBUS",
        "SIGCHLD",
        "SIGCLD",
        "SIGCONT",
        "SIGFPE",
        "SIGHUP",
        "SIGILL",
        "SIGINT",
        "SIGIO",
        "SIGIOT",
        "SIGKILL",
        "SIGPIPE",
        "SIGPOLL",
        "SIGPROF",
        "SIGPWR",
        "SIGQUIT",
        "SIGSEGV",
        "SIGSTKFLT",
        "SIGSTOP",
        "SIGSYS",
        "SIGTERM",
        "SIGTRAP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGUSR1",
        "SIGUSR2",
        "SIGVTALRM",
        "SIGWINCH",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGRTMIN",
        "SIGRTMIN+1",
        "SIGRTMIN+2",
        "SIGRTMIN+3",
        "SIGRTMIN+4",
        "SIGRTMIN+5",
        "SIGRTMIN+6",
        "SIGRTMIN+7",
        "SIGRTMIN+8",
        "SIGRTMIN+9",
        "SIGRTMIN+10",
        "SIGRTMIN+11",
        "SIGRTMIN+12",
        "SIGRTMIN+13",
        "SIGRTMIN+14",
        "SIGRTMIN+15",
        "SIGRTMAX-14",
        "SIGRTMAX-13",
        "SIGRTMAX-12",
        "SIGRTMAX-11",
        "SIGRTMAX-10",
        "SIGRTMAX-9",
        "SIGRTMAX-8",
        "SIGRTMAX-7",
        "SIGRTMAX-6",
        "SIGRTMAX-5",
        "SIGRTMAX-4",
        "SIGRTMAX-3",
        "SIGRTMAX-2",
        "SIGRTMAX-1",
        "SIGRTMAX",
      ],
      { tag: 3 },
    ),
  },
  { check: (v, path) => checkLifecycle(v, path) },
);

export interface Lifecycle extends Infer<typeof Lifecycle> {}
