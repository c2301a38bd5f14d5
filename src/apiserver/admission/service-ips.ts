import type { Service, ServicePort, ServiceSpec } from "#api/core/v1/service.ts";
import { ApiError, invalid } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import { qualifiedName } from "#api/resource.ts";
import { invalid as invalidValue, type Problem } from "#schema/problem.ts";
import type { Feed } from "../watch/feed.ts";
import { addressNumber, addressText, dynamicFrom, parseRange } from "./address-range.ts";
import type { AdmissionPlugin, Review, Settle } from "./admission.ts";
import { NumberPool } from "./number-pool.ts";

export interface ServiceIpsOptions {
  readonly cidr: string;
  readonly nodePorts: { readonly first: number; readonly last: number };
  readonly random?: () => number;
}

/**
 * Gives services their cluster addresses and node ports. What is taken is read off the stored services, so nothing leaks
 * and nothing has to be repaired; what is being written is held until it shows there.
 */
export class ServiceIps implements AdmissionPlugin {
  readonly name = "ServiceIPs";
  readonly #rangeText: string;
  readonly #addresses: NumberPool;
  readonly #ports: NumberPool;

  constructor({ cidr, nodePorts, random }: ServiceIpsOptions) {
    const range = parseRange(cidr);
    this.#rangeText = range.text;
    this.#addresses = new NumberPool(range, random);
    this.#ports = new NumberPool(nodePorts, random);
  }

  /** The address of the API server's own service. */
  get firstAddress(): string {
    return addressText(this.#addresses.first);
  }

  /** Must be called before the feed is loaded. */
  follow(services: Feed): void {
    services.listen(({ type, object, previous }) => {
      if (previous) this.#each(previous as Service, "disown");
      if (type !== "DELETED") this.#each(object as Service, "own");
    });
  }

  reserve({ verb, resource, subresource, object, old }: Review): Settle | undefined {
    if (verb === "delete" || subresource || qualifiedName(resource) !== "services") return undefined;
    const taking = new Taking(resource, object as Service, old as Service | undefined);
    try {
      this.#reserveAddresses(taking);
      this.#reservePorts(taking);
    } catch (error) {
      taking.undo();
      throw error;
    }
    // what was written is the feed's to own from here on
    return (committed) => {
      if (!committed) taking.undo();
    };
  }

  #reserveAddresses(taking: Taking): void {
    const { spec, before } = taking;
    if (spec.type === "ExternalName") return;
    if (spec.clusterIP === "None") {
      spec.clusterIPs = ["None"];
      return;
    }
    const wanted = spec.clusterIPs?.length ? spec.clusterIPs : spec.clusterIP ? [spec.clusterIP] : [];
    if (wanted.length === 0) {
      const number = this.#addresses.next(dynamicFrom(this.#addresses));
      if (number === undefined) throw exhausted("failed to allocate a serviceIP: range is full");
      taking.took(this.#addresses, number);
      spec.clusterIP = addressText(number);
      spec.clusterIPs = [spec.clusterIP];
      return;
    }
    for (const address of wanted) {
      if (before?.clusterIPs?.includes(address)) continue;
      const number = addressNumber(address);
      if (number === undefined) continue; // validation says so
      const why = this.#addressProblem(address, number);
      if (why) taking.refuse(invalidValue("spec.clusterIPs", wanted, `failed to allocate IP ${address}: ${why}`));
      taking.hold(this.#addresses, number);
    }
    spec.clusterIPs = [...wanted];
    spec.clusterIP = wanted[0] as string;
  }

  #addressProblem(address: string, number: number): string | undefined {
    if (!this.#addresses.isIn(number)) {
      return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${this.#rangeText}`;
    }
    return this.#addresses.isFree(number) ? undefined : "provided IP is already allocated";
  }

  #reservePorts(taking: Taking): void {
    const { spec, before } = taking;
    const mine = new Set(before && hasNodePorts(before) ? nodePortsOf(before) : []);
    if (needsHealthPort(spec)) {
      const port = { nodePort: spec.healthCheckNodePort };
      this.#reservePort(taking, port, { mine, field: "spec.healthCheckNodePort" });
      spec.healthCheckNodePort = port.nodePort as number;
    }
    if (!hasNodePorts(spec)) return;
    const ports = spec.ports ?? [];
    const byPort = new Map<number, number>(); // one port over several protocols has one number
    // those asked for come first, so that none of them is given away to another port of the same service
    const inOrder = [...ports.keys()].toSorted((a, b) => Number(!ports[a]?.nodePort) - Number(!ports[b]?.nodePort));
    for (const i of inOrder) {
      const port = ports[i] as ServicePort;
      port.nodePort ||= byPort.get(port.port) ?? 0;
      this.#reservePort(taking, port, { mine, field: `spec.ports[${i}].nodePort` });
      byPort.set(port.port, port.nodePort as number);
    }
  }

  #reservePort(
    taking: Taking,
    port: Pick<ServicePort, "nodePort">,
    { mine, field }: { readonly mine: Set<number>; readonly field: string },
  ): void {
    if (!port.nodePort) {
      const number = this.#ports.next();
      if (number === undefined) throw exhausted("failed to allocate a nodePort: range is full");
      taking.took(this.#ports, number);
      port.nodePort = number;
    } else if (!mine.has(port.nodePort)) {
      const why = this.#portProblem(port.nodePort);
      if (why) taking.refuse(invalidValue(field, port.nodePort, why));
      taking.hold(this.#ports, port.nodePort);
    }
    mine.add(port.nodePort);
  }

  #portProblem(port: number): string | undefined {
    const { first, last } = this.#ports;
    if (!this.#ports.isIn(port)) {
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    }
    return this.#ports.isFree(port) ? undefined : "provided port is already allocated";
  }

  #each(service: Service, act: "own" | "disown"): void {
    const owner = service.metadata.uid;
    for (const address of service.spec.clusterIPs ?? []) {
      const number = addressNumber(address);
      if (number !== undefined) this.#addresses[act](number, owner);
    }
    for (const port of nodePortsOf(service.spec)) this.#ports[act](port, owner);
  }
}

/** What one write takes. */
class Taking {
  readonly spec: ServiceSpec;
  readonly before: ServiceSpec | undefined;
  readonly #resource: Resource;
  readonly #name: string;
  readonly #taken: (() => void)[] = [];

  constructor(resource: Resource, service: Service, old: Service | undefined) {
    this.#resource = resource;
    this.#name = (service as KubeObject).metadata.name;
    this.spec = service.spec;
    this.before = old?.spec;
  }

  hold(pool: NumberPool, number: number): void {
    pool.hold(number);
    this.took(pool, number);
  }

  took(pool: NumberPool, number: number): void {
    this.#taken.push(() => pool.letGo(number));
  }

  undo(): void {
    for (const letGo of this.#taken) letGo();
  }

  refuse(problem: Problem): never {
    throw invalid(this.#resource, this.#name, [problem]);
  }
}

const exhausted = (message: string) =>
  new ApiError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });

const hasNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec) =>
  type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);

const needsHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec) =>
  type === "LoadBalancer" && externalTrafficPolicy === "Local";

const nodePortsOf = ({ ports = [], healthCheckNodePort }: ServiceSpec): number[] =>
  [...ports.map(({ nodePort }) => nodePort), healthCheckNodePort].filter((port): port is number => !!port);
