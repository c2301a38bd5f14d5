import { Pods } from "#api/catalog.ts";
import { Caches } from "#client/cache/caches.ts";
import { createClient } from "#client/client.ts";
import type { Transport } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Scope } from "#kit/scope.ts";
import { type Kubelet, kubeletComponent } from "#kubelet/kubelet.ts";
import { simulatedMachine } from "#kubelet/machine.ts";
import { type SimulatedRuntime, simulatedRuntime } from "#kubelet/runtime/simulated-runtime.ts";
import type { MeasureNode } from "#kubelet/stats/figures.ts";
import { resourceMetrics } from "#kubelet/stats/resource-metrics.ts";
import { simulatedFigures } from "#kubelet/stats/simulated-figures.ts";
import { Link } from "./link.ts";
import type { TestNode } from "./test-node.ts";

export interface SimulatedNodeOptions {
  readonly name: string;
  /** Tells the addresses of several nodes apart. */
  readonly number: number;
  readonly api: Transport;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A real kubelet over containers that are data. */
export class SimulatedNode implements TestNode {
  readonly name: string;
  readonly runtime: SimulatedRuntime;
  readonly kubelet: Kubelet;
  readonly #link: Link;
  readonly #caches: Caches;
  readonly #measure: MeasureNode;

  constructor({ name, number, api, clock, log }: SimulatedNodeOptions) {
    this.name = name;
    this.#link = new Link(api);
    const client = createClient(this.#link, {
      user: { name: `system:node:${name}`, groups: ["system:nodes", "system:authenticated"] },
    });
    const select = { fieldSelector: `spec.nodeName=${name}` };
    this.#caches = new Caches({ client, clock, log, select: (resource) => (resource === Pods ? select : {}) });
    this.runtime = simulatedRuntime({ clock, podCidr: `10.${200 + (number >> 8)}.${number & 255}.0/24` });
    this.kubelet = kubeletComponent({
      client,
      caches: this.#caches,
      runtime: this.runtime,
      clock,
      log,
      nodeName: name,
      addresses: [`192.0.${number >> 8}.${number & 255}`],
      version: "v1.36.0+minik8s",
    });
    const { pods } = this.kubelet;
    this.#measure = simulatedFigures({ nodeName: name, pods, machine: simulatedMachine(name), clock });
  }

  async start(scope: Scope): Promise<void> {
    await this.#caches.start(scope);
    await this.kubelet.start(scope);
  }

  async usage(): Promise<string> {
    if (this.#link.down) throw new Error("the node does not answer");
    return resourceMetrics(await this.#measure());
  }

  fall(): void {
    this.#link.cut();
  }

  rise(): void {
    this.#link.mend();
  }
}
