import { bool, enumOf, type Infer, inlined, int, list, ref, string, struct } from "#schema/nodes.ts";
import { checkContainer, checkContainerPort } from "./container.rules.ts";
import { EnvFromSource, EnvVar } from "./env.ts";
import { deriveContainer } from "./pod.defaults.ts";
import { Lifecycle, Probe } from "./probe.ts";
import { ResourceRequirements } from "./resources.ts";
import { SecurityContext } from "./security-context.ts";
import { VolumeDevice, VolumeMount } from "./volume.ts";

export const ContainerPort = struct(
  "io.k8s.api.core.v1.ContainerPort",
  {
    name: string({ tag: 1 }),
    hostPort: int({ tag: 2 }),
    containerPort: int({ tag: 3, required: true, keepEmpty: true }),
    protocol: enumOf(["TCP", "UDP", "SCTP"], { tag: 4, default: "TCP" }),
    hostIP: string({ tag: 5 }),
  },
  { check: (v, path) => checkContainerPort(v, path) },
);

export interface ContainerPort extends Infer<typeof ContainerPort> {}

export const ContainerResizePolicy = struct("io.k8s.api.core.v1.ContainerResizePolicy", {
  resourceName: string({ tag: 1, required: true }),
  restartPolicy: string({ tag: 2, required: true }),
});

export interface ContainerResizePolicy extends Infer<typeof ContainerResizePolicy> {}

export const ContainerRestartRuleOnExitCodes = struct("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", {
  operator: string({ tag: 1, required: true }),
  values: list(int(), { tag: 2, listType: "set" }),
});

export interface ContainerRestartRuleOnExitCodes extends Infer<typeof ContainerRestartRuleOnExitCodes> {}

export const ContainerRestartRule = struct("io.k8s.api.core.v1.ContainerRestartRule", {
  action: string({ tag: 1, required: true }),
  exitCodes: ref(ContainerRestartRuleOnExitCodes, { tag: 2 }),
});

export interface ContainerRestartRule extends Infer<typeof ContainerRestartRule> {}

export const Container = struct(
  "io.k8s.api.core.v1.Container",
  {
    name: string({ tag: 1, required: true }),
    image: string({ tag: 2 }),
    command: list(string(), { tag: 3 }),
    args: list(string(), { tag: 4 }),
    workingDir: string({ tag: 5 }),
    ports: list(ContainerPort, {
      tag: 6,
      patch: "merge",
      mergeKey: "containerPort",
      listType: "map",
      keys: ["containerPort", "protocol"],
    }),
    envFrom: list(EnvFromSource, { tag: 19 }),
    env: list(EnvVar, { tag: 7, patch: "merge", mergeKey: "name", listType: "map", keys: ["name"] }),
    resources: ref(ResourceRequirements, { tag: 8 }),
    resizePolicy: list(ContainerResizePolicy, { tag: 23 }),
    restartPolicy: string({ tag: 24 }),
    restartPolicyRules: list(ContainerRestartRule, { tag: 25 }),
    volumeMounts: list(VolumeMount, {
      tag: 9,
      patch: "merge",
      mergeKey: "mountPath",
      listType: "map",
      keys: ["mountPath"],
    }),
    volumeDevices: list(VolumeDevice, {
      tag: 21,
      patch: "merge",
      mergeKey: "devicePath",
      listType: "map",
      keys: ["devicePath"],
    }),
    livenessProbe: ref(Probe, { tag: 10 }),
    readinessProbe: ref(Probe, { tag: 11 }),
    startupProbe: ref(Probe, { tag: 22 }),
    lifecycle: ref(Lifecycle, { tag: 12 }),
    terminationMessagePath: string({ tag: 13 }),
    terminationMessagePolicy: enumOf(["File", "FallbackToLogsOnError"], { tag: 20 }),
    imagePullPolicy: enumOf(["Always", "Never", "IfNotPresent"], { tag: 14 }),
    securityContext: ref(SecurityContext, { tag: 15 }),
    stdin: bool({ tag: 16 }),
    stdinOnce: bool({ tag: 17 }),
    tty: bool({ tag: 18 }),
  },
  { derive: (v) => deriveContainer(v), check: (v, path) => checkContainer(v, path) },
);

export interface Container extends Infer<typeof Container> {}

/** All that a container has; what makes no sense for one that is added later is refused, not left out. */
export const EphemeralContainerCommon = struct("io.k8s.api.core.v1.EphemeralContainerCommon", Container.fields);

export interface EphemeralContainerCommon extends Infer<typeof EphemeralContainerCommon> {}

export const EphemeralContainer = struct(
  "io.k8s.api.core.v1.EphemeralContainer",
  {
    ...inlined(EphemeralContainerCommon, 1),
    targetContainerName: string({ tag: 2 }),
  },
  { derive: (v) => deriveContainer(v), check: (v, path) => checkContainer(v, path) },
);

export interface EphemeralContainer extends Infer<typeof EphemeralContainer> {}
