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
    name: string({ tag: 1, description: "Unique within the pod; services can point to it." }),
    hostPort: int({ tag: 2, omitZero: true, description: "Port of the node that leads to the container." }),
    containerPort: int({ tag: 3, description: "The port inside the pod.", required: true, keepEmpty: true }),
    protocol: enumOf(["TCP", "UDP", "SCTP"], { tag: 4, description: "TCP, UDP or SCTP.", default: "TCP" }),
    hostIP: string({ tag: 5, description: "Address of the node to bind hostPort to." }),
  },
  { description: "A port that a container listens on.", check: (v, path) => checkContainerPort(v, path) },
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
    name: string({ tag: 1, description: "Unique within the pod; a DNS label.", required: true }),
    image: string({ tag: 2, description: "The image to run, with registry and tag or digest." }),
    command: list(string(), {
      tag: 3,
      description:
        "The program and its first arguments, instead of the image's entrypoint. $(NAME) stands for a variable of the environment.",
    }),
    args: list(string(), {
      tag: 4,
      description: "Arguments, instead of the image's command. $(NAME) stands for a variable of the environment.",
    }),
    workingDir: string({ tag: 5, description: "Folder in which the program starts." }),
    ports: list(ContainerPort, {
      tag: 6,
      description:
        "Ports that the container listens on. A list for readers: a port that is not in it can be reached as well.",
      patch: "merge",
      mergeKey: "containerPort",
      listType: "map",
      keys: ["containerPort", "protocol"],
    }),
    envFrom: list(EnvFromSource, {
      tag: 19,
      description: "ConfigMaps and Secrets whose keys become variables; env wins over them.",
    }),
    env: list(EnvVar, {
      tag: 7,
      description: "Variables of the environment.",
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    resources: ref(ResourceRequirements, {
      tag: 8,
      description: "What the container needs at least and gets at most.",
    }),
    resizePolicy: list(ContainerResizePolicy, {
      tag: 23,
      description: "Whether a change of resources restarts the container.",
    }),
    restartPolicy: string({
      tag: 24,
      description: "Always, in an init container, makes it run beside the others until the pod ends.",
    }),
    restartPolicyRules: list(ContainerRestartRule, {
      tag: 25,
      description: "Exit codes for which the container is restarted, whatever the policy.",
    }),
    volumeMounts: list(VolumeMount, {
      tag: 9,
      description: "Volumes of the pod and where they appear in the container.",
      patch: "merge",
      mergeKey: "mountPath",
      listType: "map",
      keys: ["mountPath"],
    }),
    volumeDevices: list(VolumeDevice, {
      tag: 21,
      description: "Block devices of the container.",
      patch: "merge",
      mergeKey: "devicePath",
      listType: "map",
      keys: ["devicePath"],
    }),
    livenessProbe: ref(Probe, { tag: 10, description: "When it fails, the container is restarted." }),
    readinessProbe: ref(Probe, { tag: 11, description: "While it fails, services send the pod nothing." }),
    startupProbe: ref(Probe, {
      tag: 22,
      description: "Until it succeeds, the other probes wait; when it fails, the container is restarted.",
    }),
    lifecycle: ref(Lifecycle, {
      tag: 12,
      description: "What to do after the start and before the stop of the container.",
    }),
    terminationMessagePath: string({ tag: 13, description: "File into which the container can write why it ends." }),
    terminationMessagePolicy: enumOf(["File", "FallbackToLogsOnError"], {
      tag: 20,
      description:
        "File reads the message from that file only; FallbackToLogsOnError takes the end of the log when it is empty.",
    }),
    imagePullPolicy: enumOf(["Always", "Never", "IfNotPresent"], {
      tag: 14,
      description: "Always, IfNotPresent or Never. Always by default for the tag latest, else IfNotPresent.",
    }),
    securityContext: ref(SecurityContext, {
      tag: 15,
      description: "User, group and privileges of the container; wins over those of the pod.",
    }),
    stdin: bool({ tag: 16, omitZero: true, description: "Keep an input open for the container." }),
    stdinOnce: bool({ tag: 17, omitZero: true, description: "Close the input when the first client leaves." }),
    tty: bool({ tag: 18, omitZero: true, description: "Give the container a terminal; needs stdin." }),
  },
  {
    description: "A program that runs in a pod, from an image.",
    derive: (v) => deriveContainer(v),
    check: (v, path) => checkContainer(v, path),
  },
);

export interface Container extends Infer<typeof Container> {}

/** All that a container has; what makes no sense for one that is added later is refused, not left out. */
export const EphemeralContainerCommon = struct("io.k8s.api.core.v1.EphemeralContainerCommon", Container.fields);

export interface EphemeralContainerCommon extends Infer<typeof EphemeralContainerCommon> {}

export const EphemeralContainer = struct(
  "io.k8s.api.core.v1.EphemeralContainer",
  {
    ...inlined(EphemeralContainerCommon, 1),
    targetContainerName: string({ tag: 2, description: "The container whose processes it sees." }),
  },
  {
    description: "A container added to a running pod to look into it.",
    derive: (v) => deriveContainer(v),
    check: (v, path) => checkContainer(v, path),
  },
);

export interface EphemeralContainer extends Infer<typeof EphemeralContainer> {}
