import { badly, checkNames, ifGiven } from "#api/meta/check.ts";
import {
  annotationProblems,
  between,
  isDns1123Label,
  isDns1123Subdomain,
  isIpAddress,
  isQualifiedName,
  labelProblems,
} from "#schema/formats.ts";
import { duplicate, forbidden, invalid, notFound, notSupported, type Problem, required } from "#schema/problem.ts";
import type { Container } from "./container.ts";
import type { PodSpec, PodTemplateSpec } from "./pod.ts";

/** What the parts of a pod must agree on, in a pod as in a template. */
export function checkPodSpec(spec: PodSpec, path: string): Problem[] {
  return [
    ...checkContainerNames(spec, path),
    ...checkVolumes(spec, path),
    ...(spec.initContainers ?? []).flatMap((c, i) => checkInitContainer(c, `${path}.initContainers[${i}]`)),
    ...checkHostPorts(spec, path),
    ...checkDns(spec, path),
    ...checkPlacement(spec, path),
    ...checkIdentity(spec, path),
    ...checkDeadlines(spec, path),
  ];
}

type ContainerList = "containers" | "initContainers" | "ephemeralContainers";

const lists: readonly ContainerList[] = ["containers", "initContainers", "ephemeralContainers"];

/** One name stands for one container of the pod, in whatever list. */
function checkContainerNames(spec: PodSpec, path: string): Problem[] {
  const all = lists.flatMap((list) =>
    (spec[list] ?? []).map(({ name }, i) => ({ name, field: `${path}.${list}[${i}].name` })),
  );
  return checkNames(
    all.map(({ name }) => name),
    (i) => all[i]!.field,
  );
}

function checkVolumes(spec: PodSpec, path: string): Problem[] {
  const names = (spec.volumes ?? []).map(({ name }) => name);
  const problems = checkNames(names, (i) => `${path}.volumes[${i}].name`);
  for (const list of lists) {
    for (const [i, { volumeMounts = [], volumeDevices = [] }] of (spec[list] ?? []).entries()) {
      const uses = { volumeMounts, volumeDevices };
      for (const [kind, items] of Object.entries(uses)) {
        for (const [j, { name }] of items.entries()) {
          if (name && !names.includes(name)) problems.push(notFound(`${path}.${list}[${i}].${kind}[${j}].name`, name));
        }
      }
    }
  }
  return problems;
}

const forStaying = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const;

/** An init container runs to its end before the next starts, unless it is one that stays. */
function checkInitContainer(container: Container, path: string): Problem[] {
  if (container.restartPolicy === "Always") return [];
  return forStaying
    .filter((name) => container[name])
    .map((name) => forbidden(`${path}.${name}`, "may not be set for init containers without restartPolicy=Always"));
}

function checkHostPorts(spec: PodSpec, path: string): Problem[] {
  const problems: Problem[] = [];
  const taken = new Set<string>();
  for (const [i, { ports = [] }] of (spec.containers ?? []).entries()) {
    for (const [j, { containerPort, hostPort, hostIP = "", protocol }] of ports.entries()) {
      const field = `${path}.containers[${i}].ports[${j}]`;
      if (!hostPort) continue;
      if (spec.hostNetwork && hostPort !== containerPort) {
        const text = "must match `hostPort` when `hostNetwork` is true";
        problems.push(invalid(`${field}.containerPort`, containerPort, text));
      }
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) problems.push(duplicate(`${field}.hostPort`, key));
      taken.add(key);
    }
  }
  return problems;
}

const mostNameservers = 3;

function checkDns({ dnsPolicy, dnsConfig, hostAliases = [] }: PodSpec, path: string): Problem[] {
  const problems: Problem[] = [];
  const field = `${path}.dnsConfig`;
  const nameservers = dnsConfig?.nameservers ?? [];
  if (dnsPolicy === "None" && !dnsConfig) {
    problems.push(required(field, "must provide `dnsConfig` when `dnsPolicy` is None"));
  } else if (dnsPolicy === "None" && nameservers.length === 0) {
    const one = "must provide at least one DNS nameserver when `dnsPolicy` is None";
    problems.push(required(`${field}.nameservers`, one));
  }
  if (nameservers.length > mostNameservers) {
    problems.push(
      invalid(`${field}.nameservers`, nameservers, `must not have more than ${mostNameservers} nameservers`),
    );
  }
  nameservers.forEach((ip, i) => {
    problems.push(...badly(`${field}.nameservers[${i}]`, ip, isIpAddress(ip)));
  });
  hostAliases.forEach(({ ip, hostnames = [] }, i) => {
    problems.push(...ifGiven(`${path}.hostAliases[${i}].ip`, ip, isIpAddress));
    hostnames.forEach((name, j) => {
      problems.push(...badly(`${path}.hostAliases[${i}].hostnames[${j}]`, name, isDns1123Subdomain(name)));
    });
  });
  return problems;
}

function checkPlacement(spec: PodSpec, path: string): Problem[] {
  const problems = [
    ...labelProblems(spec.nodeSelector, `${path}.nodeSelector`),
    ...ifGiven(`${path}.nodeName`, spec.nodeName, isDns1123Subdomain),
  ];
  const constraints = spec.topologySpreadConstraints ?? [];
  const pairs = constraints.map((c) => `{${c.topologyKey}, ${c.whenUnsatisfiable}}`);
  pairs.forEach((pair, i) => {
    const field = `${path}.topologySpreadConstraints[${i}].{topologyKey, whenUnsatisfiable}`;
    if (pairs.includes(pair, i + 1)) problems.push(duplicate(field, pair));
  });
  const gates = spec.schedulingGates ?? [];
  gates.forEach(({ name }, i) => {
    problems.push(...ifGiven(`${path}.schedulingGates[${i}]`, name, isQualifiedName));
  });
  problems.push(
    ...checkNames(
      gates.map(({ name }) => name),
      (i) => `${path}.schedulingGates[${i}].name`,
    ),
  );
  (spec.readinessGates ?? []).forEach(({ conditionType }, i) => {
    problems.push(...ifGiven(`${path}.readinessGates[${i}].conditionType`, conditionType, isQualifiedName));
  });
  return problems;
}

function checkIdentity(spec: PodSpec, path: string): Problem[] {
  const problems = [
    ...ifGiven(`${path}.serviceAccountName`, spec.serviceAccountName, isDns1123Subdomain),
    ...ifGiven(`${path}.hostname`, spec.hostname, isDns1123Label),
    ...ifGiven(`${path}.subdomain`, spec.subdomain, isDns1123Label),
    ...ifGiven(`${path}.priorityClassName`, spec.priorityClassName, isDns1123Subdomain),
    ...ifGiven(`${path}.runtimeClassName`, spec.runtimeClassName, isDns1123Subdomain),
  ];
  if (spec.shareProcessNamespace && spec.hostPID) {
    const text = "ShareProcessNamespace and HostPID cannot both be enabled";
    problems.push(invalid(`${path}.shareProcessNamespace`, true, text));
  }
  const systems = ["linux", "windows"];
  if (spec.os?.name && !systems.includes(spec.os.name)) {
    problems.push(notSupported(`${path}.os`, spec.os.name, systems));
  }
  return problems;
}

const longest = 2 ** 31 - 1;

function checkDeadlines({ activeDeadlineSeconds: seconds }: PodSpec, path: string): Problem[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= longest)) return [];
  return [invalid(`${path}.activeDeadlineSeconds`, seconds, between(1, longest))];
}

/** Kubernetes names labels and annotations of a template without `metadata` in the path. */
export function checkPodTemplate({ metadata, spec }: PodTemplateSpec, path: string): Problem[] {
  const problems = [
    ...labelProblems(metadata?.labels, `${path}.labels`),
    ...annotationProblems(metadata?.annotations, `${path}.annotations`),
  ];
  if ((spec?.ephemeralContainers ?? []).length > 0) {
    problems.push(forbidden(`${path}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"));
  }
  return problems;
}
