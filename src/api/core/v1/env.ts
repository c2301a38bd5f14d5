import { bool, type Infer, inlined, quantity, ref, string, struct } from "#schema/nodes.ts";
import { checkEnvFrom, checkEnvVar, checkKeySelector } from "./env.rules.ts";
import { LocalObjectReference } from "./object-reference.ts";

export const ObjectFieldSelector = struct(
  "io.k8s.api.core.v1.ObjectFieldSelector",
  {
    apiVersion: string({ tag: 1, description: "Version of the path; v1 by default." }),
    fieldPath: string({ tag: 2, description: "Path of the field in the pod.", required: true }),
  },
  {
    atomic: true,
    derive: (selector) => {
      selector.apiVersion ??= "v1";
    },
  },
);

export interface ObjectFieldSelector extends Infer<typeof ObjectFieldSelector> {}

export const ResourceFieldSelector = struct(
  "io.k8s.api.core.v1.ResourceFieldSelector",
  {
    containerName: string({ tag: 1, description: "The container to read; needed in volumes." }),
    resource: string({ tag: 2, description: "As limits.cpu or requests.memory.", required: true }),
    divisor: quantity({ tag: 3, description: "The unit of the result; 0 and 1 stand for the plain unit." }),
  },
  {
    atomic: true,
    derive: (selector) => {
      selector.divisor ??= "0"; // stands for 1
    },
  },
);

export interface ResourceFieldSelector extends Infer<typeof ResourceFieldSelector> {}

export const ConfigMapKeySelector = struct(
  "io.k8s.api.core.v1.ConfigMapKeySelector",
  {
    ...inlined(LocalObjectReference, 1),
    key: string({ tag: 2, description: "The key to read.", required: true }),
    optional: bool({ tag: 3, description: "The ConfigMap or its key may be missing." }),
  },
  { atomic: true, check: (v, path) => checkKeySelector(v, path) },
);

export interface ConfigMapKeySelector extends Infer<typeof ConfigMapKeySelector> {}

export const SecretKeySelector = struct(
  "io.k8s.api.core.v1.SecretKeySelector",
  {
    ...inlined(LocalObjectReference, 1),
    key: string({ tag: 2, description: "The key to read.", required: true }),
    optional: bool({ tag: 3, description: "The Secret or its key may be missing." }),
  },
  { atomic: true, check: (v, path) => checkKeySelector(v, path) },
);

export interface SecretKeySelector extends Infer<typeof SecretKeySelector> {}

export const FileKeySelector = struct(
  "io.k8s.api.core.v1.FileKeySelector",
  {
    volumeName: string({ tag: 1, required: true }),
    path: string({ tag: 2, required: true }),
    key: string({ tag: 3, required: true }),
    optional: bool({ tag: 4, default: false }),
  },
  { atomic: true },
);

export interface FileKeySelector extends Infer<typeof FileKeySelector> {}

export const EnvVarSource = struct(
  "io.k8s.api.core.v1.EnvVarSource",
  {
    fieldRef: ref(ObjectFieldSelector, {
      tag: 1,
      description: "A field of the pod, as metadata.name or status.podIP.",
    }),
    resourceFieldRef: ref(ResourceFieldSelector, {
      tag: 2,
      description: "Requests or limits of a container, as limits.cpu.",
    }),
    configMapKeyRef: ref(ConfigMapKeySelector, { tag: 3, description: "A key of a ConfigMap of the namespace." }),
    secretKeyRef: ref(SecretKeySelector, { tag: 4, description: "A key of a Secret of the namespace." }),
    fileKeyRef: ref(FileKeySelector, { tag: 5, description: "A key of a file in a volume of the pod." }),
  },
  { description: "Where the value of a variable comes from; exactly one." },
);

export interface EnvVarSource extends Infer<typeof EnvVarSource> {}

export const EnvVar = struct(
  "io.k8s.api.core.v1.EnvVar",
  {
    name: string({ tag: 1, description: "Name of the variable.", required: true }),
    value: string({
      tag: 2,
      description: "Its value. $(NAME) stands for a variable that was set before; $$ for a dollar sign.",
    }),
    valueFrom: ref(EnvVarSource, { tag: 3, description: "Where the value comes from, instead of value." }),
  },
  { description: "A variable of a container's environment.", check: (v, path) => checkEnvVar(v, path) },
);

export interface EnvVar extends Infer<typeof EnvVar> {}

export const ConfigMapEnvSource = struct("io.k8s.api.core.v1.ConfigMapEnvSource", {
  ...inlined(LocalObjectReference, 1),
  optional: bool({ tag: 2 }),
});

export interface ConfigMapEnvSource extends Infer<typeof ConfigMapEnvSource> {}

export const SecretEnvSource = struct("io.k8s.api.core.v1.SecretEnvSource", {
  ...inlined(LocalObjectReference, 1),
  optional: bool({ tag: 2 }),
});

export interface SecretEnvSource extends Infer<typeof SecretEnvSource> {}

export const EnvFromSource = struct(
  "io.k8s.api.core.v1.EnvFromSource",
  {
    prefix: string({ tag: 1, description: "Put before each name." }),
    configMapRef: ref(ConfigMapEnvSource, { tag: 2, description: "The ConfigMap to read." }),
    secretRef: ref(SecretEnvSource, { tag: 3, description: "The Secret to read." }),
  },
  {
    description: "A ConfigMap or Secret all of whose keys become variables.",
    check: (v, path) => checkEnvFrom(v, path),
  },
);

export interface EnvFromSource extends Infer<typeof EnvFromSource> {}
