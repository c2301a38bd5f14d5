import type { Container } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { ContainerConfigError } from "./env.ts";
import { expand } from "./expand.ts";
import { annotationNames, labelNames } from "./names.ts";
import type { Start } from "./pod.plan.ts";
import { definitionOf } from "./pod-containers.ts";
import { linuxResources } from "./resources.ts";
import type { ContainerConfig, ContainerSecurity, Image, Mount } from "./runtime/runtime.ts";

export interface ContainerParts {
  readonly image: string;
  /** What the image says it runs as, for runAsNonRoot. */
  readonly imageUser?: Image["user"];
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly nodeMemoryBytes: number;
}

/** Throws ContainerConfigError. */
export function containerConfig(pod: Pod, spec: Container, start: Start, parts: ContainerParts): ContainerConfig {
  const expanded = (text: string) => expand(text, (name) => parts.env.get(name));
  const security = securityOf(pod, spec);
  checkUser(pod, spec, security, parts.imageUser);
  return {
    name: spec.name,
    attempt: start.attempt,
    image: parts.image,
    userSpecifiedImage: spec.image ?? "",
    command: (spec.command ?? []).map(expanded),
    args: (spec.args ?? []).map(expanded),
    workingDir: spec.workingDir ?? "",
    env: [...parts.env].map(([name, value]) => ({ name, value })),
    mounts: parts.mounts,
    devices: [],
    labels: { [labelNames.containerKind]: start.kind },
    annotations: {
      [annotationNames.hash]: definitionOf(spec),
      [annotationNames.restartCount]: String(start.attempt),
      ...(start.backoffMs > 0 && { [annotationNames.backoff]: String(start.backoffMs) }),
    },
    logPath: `${spec.name}/${start.attempt}.log`,
    stdin: spec.stdin ?? false,
    stdinOnce: spec.stdinOnce ?? false,
    tty: spec.tty ?? false,
    resources: linuxResources(pod, spec, parts.nodeMemoryBytes),
    security,
  };
}

/** What the container says itself goes before what the pod says for all. */
function securityOf(pod: Pod, { securityContext: own = {} }: Container): ContainerSecurity {
  const shared = pod.spec.securityContext ?? {};
  const user = own.runAsUser ?? shared.runAsUser;
  const group = own.runAsGroup ?? shared.runAsGroup;
  const groups = [...(shared.supplementalGroups ?? []), ...(shared.fsGroup === undefined ? [] : [shared.fsGroup])];
  return {
    ...(own.privileged && { privileged: true }),
    ...(user !== undefined && { runAsUser: user }),
    ...(group !== undefined && { runAsGroup: group }),
    ...(groups.length > 0 && { supplementalGroups: groups }),
    ...(own.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
    ...(own.allowPrivilegeEscalation === false && { noNewPrivileges: true }),
    ...(own.capabilities?.add && { addCapabilities: own.capabilities.add }),
    ...(own.capabilities?.drop && { dropCapabilities: own.capabilities.drop }),
  };
}

function checkUser(pod: Pod, spec: Container, security: ContainerSecurity, image: Image["user"]): void {
  const nonRoot = spec.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot;
  if (!nonRoot) return;
  const where = `pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${spec.name}`;
  if (security.runAsUser !== undefined) {
    if (security.runAsUser !== 0) return;
    throw new ContainerConfigError(`container's runAsUser breaks non-root policy (${where})`);
  }
  if (image?.uid === 0 || (image?.uid === undefined && !image?.name))
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root (${where})`);
  if (image.uid === undefined)
    throw new ContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${image.name}), cannot verify user is non-root (${where})`,
    );
}
