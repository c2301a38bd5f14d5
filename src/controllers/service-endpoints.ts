import type { Pod } from "#api/core/v1/pod.ts";
import type { Service, ServicePort } from "#api/core/v1/service.ts";
import { Services } from "#api/core/v1/service.ts";
import { fromLabels, matches } from "#api/meta/selector.ts";
import { microTimestamp, parseTime } from "#api/meta/time.ts";
import type { CacheReader } from "#client/cache/object-cache.ts";
import type { Key } from "#client/client.ts";
import { podCondition } from "./pods.ts";

/** What the kinds that list a Service's backends have in common. */
export const lastChangeTrigger = "endpoints.kubernetes.io/last-change-trigger-time";
export const headlessLabel = "service.kubernetes.io/headless";

export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === "None" && spec.type !== "ExternalName";

/** A Service without a selector, or one that is only a name, has the endpoints that its author writes. */
export function choosesPods({ spec }: Service): boolean {
  return spec.type !== "ExternalName" && Object.keys(spec.selector ?? {}).length > 0;
}

/** The Services a pod may serve: asked for the pod as it was, too, so that one it has left hears of it. */
export function servicesOf(pod: Pod, { cache }: { readonly cache: CacheReader }): readonly Key[] {
  const services = cache.all(Services, pod.metadata.namespace);
  return services
    .filter((service) => choosesPods(service) && matches(fromLabels(service.spec.selector), pod.metadata.labels))
    .map(({ metadata }) => metadata);
}

/** Whether the pod can have a place among the endpoints at all. */
export function mayServe(pod: Pod): boolean {
  const { phase, podIP } = pod.status ?? {};
  return Boolean(podIP) && phase !== "Succeeded" && phase !== "Failed";
}

export interface ResolvedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol?: string;
}

/** The Service's ports as this pod has them: a named target port may have another number in each pod, or be missing. */
export function resolvePorts(service: Service, pod: Pod): ResolvedPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = targetPort(servicePort, pod);
    if (port === undefined) return [];
    const { name = "", protocol, appProtocol } = servicePort;
    return [{ name, protocol, port, ...(appProtocol && { appProtocol }) }];
  });
}

function targetPort({ targetPort: target, port, protocol }: ServicePort, pod: Pod): number | undefined {
  if (target === undefined || target === 0 || target === "") return port;
  if (typeof target === "number") return target;
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const ports = [...(pod.spec.containers ?? []), ...sidecars].flatMap((container) => container.ports ?? []);
  return ports.find((each) => each.name === target && (each.protocol ?? "TCP") === protocol)?.containerPort;
}

/** The name by which DNS finds the pod under the Service. */
export function hostnameOf(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

/** The latest change that led to these endpoints, from which clients measure how long it took to reach them. */
export function triggerTime(service: Service, pods: readonly Pod[]): string {
  const times = [
    parseTime(service.metadata.creationTimestamp),
    ...pods.map((pod) => parseTime(podCondition(pod, "Ready")?.lastTransitionTime)),
  ].filter((time) => !Number.isNaN(time));
  return microTimestamp(Math.max(...times)).replace(/\.?0+Z$/, "Z");
}
