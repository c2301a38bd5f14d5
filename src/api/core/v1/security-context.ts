import { bool, enumOf, type Infer, list, long, ref, string, struct } from "#schema/nodes.ts";
import { checkPodSecurityContext, checkProfile, checkSecurityContext } from "./security-context.rules.ts";

export const Capabilities = struct("io.k8s.api.core.v1.Capabilities", {
  add: list(string(), { tag: 1 }),
  drop: list(string(), { tag: 2 }),
});

export interface Capabilities extends Infer<typeof Capabilities> {}

export const SELinuxOptions = struct("io.k8s.api.core.v1.SELinuxOptions", {
  user: string({ tag: 1 }),
  role: string({ tag: 2 }),
  type: string({ tag: 3 }),
  level: string({ tag: 4 }),
});

export interface SELinuxOptions extends Infer<typeof SELinuxOptions> {}

export const WindowsSecurityContextOptions = struct("io.k8s.api.core.v1.WindowsSecurityContextOptions", {
  gmsaCredentialSpecName: string({ tag: 1 }),
  gmsaCredentialSpec: string({ tag: 2 }),
  runAsUserName: string({ tag: 3 }),
  hostProcess: bool({ tag: 4 }),
});

export interface WindowsSecurityContextOptions extends Infer<typeof WindowsSecurityContextOptions> {}

export const SeccompProfile = struct(
  "io.k8s.api.core.v1.SeccompProfile",
  {
    type: enumOf(["Unconfined", "RuntimeDefault", "Localhost"], { tag: 1, required: true }),
    localhostProfile: string({ tag: 2 }),
  },
  { check: checkProfile("seccomp") },
);

export interface SeccompProfile extends Infer<typeof SeccompProfile> {}

export const AppArmorProfile = struct(
  "io.k8s.api.core.v1.AppArmorProfile",
  {
    type: enumOf(["Unconfined", "RuntimeDefault", "Localhost"], { tag: 1, required: true }),
    localhostProfile: string({ tag: 2 }),
  },
  { check: checkProfile("AppArmor") },
);

export interface AppArmorProfile extends Infer<typeof AppArmorProfile> {}

export const SecurityContext = struct(
  "io.k8s.api.core.v1.SecurityContext",
  {
    capabilities: ref(Capabilities, { tag: 1, description: "Capabilities of the kernel to add and to drop." }),
    privileged: bool({ tag: 2, description: "Do as if on the node itself, as root." }),
    seLinuxOptions: ref(SELinuxOptions, { tag: 3, description: "The SELinux label to run under." }),
    windowsOptions: ref(WindowsSecurityContextOptions, { tag: 10 }),
    runAsUser: long({ tag: 4, description: "User id of the process." }),
    runAsGroup: long({ tag: 8, description: "Group id of the process." }),
    runAsNonRoot: bool({ tag: 5, description: "Refuse to start as root." }),
    readOnlyRootFilesystem: bool({ tag: 6, description: "Keep the image's files from being changed." }),
    allowPrivilegeEscalation: bool({
      tag: 7,
      description: "Whether a process can get more privileges than its parent.",
    }),
    procMount: enumOf(["Default", "Unmasked"], { tag: 9, description: "Default or Unmasked /proc." }),
    seccompProfile: ref(SeccompProfile, { tag: 11, description: "Which system calls are allowed." }),
    appArmorProfile: ref(AppArmorProfile, { tag: 12, description: "The AppArmor profile to run under." }),
  },
  { description: "Privileges of one container.", check: (v, path) => checkSecurityContext(v, path) },
);

export interface SecurityContext extends Infer<typeof SecurityContext> {}

export const Sysctl = struct("io.k8s.api.core.v1.Sysctl", {
  name: string({ tag: 1, required: true }),
  value: string({ tag: 2, required: true, keepEmpty: true }),
});

export interface Sysctl extends Infer<typeof Sysctl> {}

export const PodSecurityContext = struct(
  "io.k8s.api.core.v1.PodSecurityContext",
  {
    seLinuxOptions: ref(SELinuxOptions, { tag: 1, description: "The SELinux label to run under." }),
    windowsOptions: ref(WindowsSecurityContextOptions, { tag: 8 }),
    runAsUser: long({ tag: 2, description: "User id of the processes." }),
    runAsGroup: long({ tag: 6, description: "Group id of the processes." }),
    runAsNonRoot: bool({ tag: 3, description: "Refuse to start as root." }),
    supplementalGroups: list(long(), { tag: 4, description: "Further groups of the processes." }),
    supplementalGroupsPolicy: enumOf(["Merge", "Strict"], { tag: 12 }),
    fsGroup: long({ tag: 5, description: "Group that owns the volumes and their files." }),
    sysctls: list(Sysctl, { tag: 7, description: "Settings of the kernel for the pod." }),
    fsGroupChangePolicy: enumOf(["OnRootMismatch", "Always"], {
      tag: 9,
      description: "Whether the owner of files is changed always or only where the root of the volume differs.",
    }),
    seccompProfile: ref(SeccompProfile, { tag: 10, description: "Which system calls are allowed." }),
    appArmorProfile: ref(AppArmorProfile, { tag: 11 }),
    seLinuxChangePolicy: string({ tag: 13 }),
  },
  { description: "Privileges of all containers of a pod.", check: (v, path) => checkPodSecurityContext(v, path) },
);

export interface PodSecurityContext extends Infer<typeof PodSecurityContext> {}
