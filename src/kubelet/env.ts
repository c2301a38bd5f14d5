import type { Container } from "#api/core/v1/container.ts";
import type { EnvFromSource, EnvVarSource } from "#api/core/v1/env.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { expand } from "./expand.ts";
import { fieldValue, type PodPlace } from "./field-path.ts";
import type { References } from "./references.ts";
import { type Allocatable, resourceValue } from "./resource-field.ts";
import { serviceEnvironment } from "./service-env.ts";

/** A container that cannot be made as its pod describes it; the message says what is missing. */
export class ContainerConfigError extends Error {}

export interface EnvContext extends PodPlace {
  readonly pod: Pod;
  readonly references: References;
  readonly allocatable: Allocatable;
}

type Variables = Map<string, string>;

/**
 * The environment of a container. What stands in `env` may refer to what stands before it and in `envFrom`; Services
 * come under both, so anything the pod says itself wins. Throws ContainerConfigError.
 */
export async function containerEnvironment(context: EnvContext, container: Container): Promise<Variables> {
  const { pod, references } = context;
  const namespace = pod.metadata.namespace ?? "";
  const links = pod.spec.enableServiceLinks ?? true;
  const services = serviceEnvironment(await references.services(namespace), namespace, links);
  const result: Variables = new Map();
  for (const source of container.envFrom ?? []) await addAll(context, source, result);
  const known = (name: string) => result.get(name) ?? services.get(name);
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (!valueFrom) {
      result.set(name, expand(value ?? "", known));
      continue;
    }
    const found = await sourceValue(context, container, valueFrom);
    if (found !== undefined) result.set(name, found);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return result;
}

async function addAll({ pod, references }: EnvContext, source: EnvFromSource, result: Variables): Promise<void> {
  const namespace = pod.metadata.namespace ?? "";
  const prefix = source.prefix ?? "";
  if (source.configMapRef) {
    const { name, optional } = source.configMapRef;
    const map = await references.configMap(namespace, name);
    if (!map && !optional) throw new ContainerConfigError(`configmap "${name}" not found`);
    for (const [key, value] of Object.entries(map?.data ?? {})) result.set(prefix + key, value);
  }
  if (source.secretRef) {
    const { name, optional } = source.secretRef;
    const secret = await references.secret(namespace, name);
    if (!secret && !optional) throw new ContainerConfigError(`secret "${name}" not found`);
    for (const [key, value] of Object.entries(secret?.data ?? {})) result.set(prefix + key, decode(value));
  }
}

/** `undefined` when what is optional is not there: the variable is then left out. */
async function sourceValue(
  context: EnvContext,
  container: Container,
  { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef }: EnvVarSource,
): Promise<string | undefined> {
  const { pod, references, allocatable } = context;
  const namespace = pod.metadata.namespace ?? "";
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath, context);
  if (resourceFieldRef) return resourceValue(pod, resourceFieldRef, container.name, allocatable);
  if (configMapKeyRef) {
    const { name, key, optional } = configMapKeyRef;
    const map = await references.configMap(namespace, name);
    return required(map?.data?.[key], { kind: "ConfigMap", namespace, name, key, exists: !!map, optional });
  }
  if (secretKeyRef) {
    const { name, key, optional } = secretKeyRef;
    const secret = await references.secret(namespace, name);
    const value = secret?.data?.[key];
    const text = value === undefined ? undefined : decode(value);
    return required(text, { kind: "Secret", namespace, name, key, exists: !!secret, optional });
  }
  if (fileKeyRef) throw new ContainerConfigError("environment variables from files are not supported");
  return "";
}

function required(
  value: string | undefined,
  of: { kind: string; namespace: string; name: string; key: string; exists: boolean; optional: boolean | undefined },
): string | undefined {
  if (value !== undefined || of.optional) return value;
  throw new ContainerConfigError(
    of.exists
      ? `couldn't find key ${of.key} in ${of.kind} ${of.namespace}/${of.name}`
      : `${of.kind.toLowerCase()} "${of.name}" not found`,
  );
}

const decode = (base64: string) => Buffer.from(base64, "base64").toString();

/** Whether the container's environment needs the pod's address, so that it cannot be worked out before there is one. */
export function needsAddress(container: Container): boolean {
  return (container.env ?? []).some(({ valueFrom }) => valueFrom?.fieldRef?.fieldPath.startsWith("status.podIP"));
}
