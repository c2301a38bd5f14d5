import { addQuantities, compareQuantities, formatQuantity, parseQuantity, type Quantity } from "#schema/quantity.ts";
import type { Container, EphemeralContainer } from "./container.ts";
import { defaultPullPolicy } from "./image-tag.ts";
import type { Pod, PodSpec, PodTemplateSpec } from "./pod.ts";

/** What a pod and a template of pods get alike. */
export function derivePodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= "Always";
  spec.dnsPolicy ??= "ClusterFirst";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= "default-scheduler";
  spec.securityContext ??= {};
  // The old name of the field is kept equal to the new one, for clients that read it.
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) spec.serviceAccountName = spec.serviceAccount = account;
}

/** What only a pod gets: in a template it would look like a change to those who compare templates. */
export function derivePod(pod: Pod): void {
  const { spec } = pod;
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    requestAtLeastLimits(container);
    if (spec.hostNetwork) for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
  if (spec.resources) derivePodResources(spec);
  pod.status ??= {};
}

function requestAtLeastLimits(container: Container): void {
  const { resources } = container;
  if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests };
}

const sharedByPod = (name: string) => name === "cpu" || name === "memory" || name.startsWith("hugepages-");

/** A pod as a whole requests what its containers request, or else its own limits. */
function derivePodResources(spec: PodSpec): void {
  const { limits, requests } = spec.resources ?? {};
  if (!limits || Object.keys(limits).length === 0) return;
  const fromContainers: Record<string, string> = {};
  for (const name of ["cpu", "memory"]) {
    const sum = effectiveRequest(spec, name);
    if (sum) fromContainers[name] = formatQuantity(sum);
  }
  const fromLimits = Object.fromEntries(Object.entries(limits).filter(([name]) => sharedByPod(name)));
  const all = { ...fromLimits, ...fromContainers, ...requests };
  if (Object.keys(all).length > 0) spec.resources = { ...spec.resources, requests: all };
}

/** The most of one resource that the containers take at one time; undefined when none asks for it. */
function effectiveRequest({ containers, initContainers }: PodSpec, name: string): Quantity | undefined {
  const requestOf = (c: Container) => {
    const text = c.resources?.requests?.[name];
    return text === undefined ? undefined : parseQuantity(text);
  };
  let staying: Quantity | undefined;
  let peak: Quantity | undefined;
  for (const container of initContainers ?? []) {
    const together = plus(staying, requestOf(container));
    if (container.restartPolicy === "Always") staying = together;
    peak = larger(peak, together);
  }
  const running = (containers ?? []).map(requestOf).reduce(plus, staying);
  return larger(running, peak);
}

const plus = (a: Quantity | undefined, b: Quantity | undefined) => (a && b ? addQuantities(a, b) : (a ?? b));
const larger = (a: Quantity | undefined, b: Quantity | undefined) =>
  a && b ? (compareQuantities(a, b) >= 0 ? a : b) : (a ?? b);

export function deriveContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ??= defaultPullPolicy(container.image);
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.resources ??= {};
}

/** Both are written even when nothing is in them. */
export function derivePodTemplate(template: PodTemplateSpec): void {
  template.metadata ??= {};
  if (template.spec) return;
  template.spec = { containers: [] };
  derivePodSpec(template.spec);
}
