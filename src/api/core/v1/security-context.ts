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
    capabilities: ref(Capabilities, { tag: 1 }),
    privileged: bool({ tag: 2 }),
    seLinuxOptions: ref(SELinuxOptions, { tag: 3 }),
    windowsOptions: ref(WindowsSecurityContextOptions, { tag: 10 }),
    runAsUser: long({ tag: 4 }),
    runAsGroup: long({ tag: 8 }),
    runAsNonRoot: bool({ tag: 5 }),
    readOnlyRootFilesystem: bool({ tag: 6 }),
    allowPrivilegeEscalation: bool({ tag: 7 }),
    procMount: enumOf(["Default", "Unmasked"], { tag: 9 }),
    seccompProfile: ref(SeccompProfile, { tag: 11 }),
    appArmorProfile: ref(AppArmorProfile, { tag: 12 }),
  },
  { check: (v, path) => checkSecurityContext(v, path) },
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
    seLinuxOptions: ref(SELinuxOptions, { tag: 1 }),
    windowsOptions: ref(WindowsSecurityContextOptions, { tag: 8 }),
    runAsUser: long({ tag: 2 }),
    runAsGroup: long({ tag: 6 }),
    runAsNonRoot: bool({ tag: 3 }),
    supplementalGroups: list(long(), { tag: 4 }),
    supplementalGroupsPolicy: enumOf(["Merge", "Strict"], { tag: 12 }),
    fsGroup: long({ tag: 5 }),
    sysctls: list(Sysctl, { tag: 7 }),
    fsGroupChangePolicy: enumOf(["OnRootMismatch", "Always"], { tag: 9 }),
    seccompProfile: ref(SeccompProfile, { tag: 10 }),
    appArmorProfile: ref(AppArmorProfile, { tag: 11 }),
    seLinuxChangePolicy: string({ tag: 13 }),
  },
  { check: (v, path) => checkPodSecurityContext(v, path) },
);

export interface PodSecurityContext extends Infer<typeof PodSecurityContext> {}
