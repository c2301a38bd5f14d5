import type { Sandbox } from "../runtime.ts";
import { podUidLabel } from "./labels.ts";
import type { CriServices } from "./services.ts";

/** Where a container (or a sandbox, which is its own place) belongs. */
export interface Place {
  readonly sandboxId: string;
  readonly podUid: string;
}

export interface Found {
  readonly place: Place;
  readonly running: boolean;
}

/** To whom each container belongs, also for some time after CRI has forgotten it. */
export class Places {
  readonly #services: CriServices;
  readonly #known = new Map<string, Place>();

  constructor(services: CriServices) {
    this.#services = services;
  }

  /** Starts over with what is there now. */
  learn(sandboxes: readonly Sandbox[]): void {
    this.#known.clear();
    for (const { id: sandboxId, pod, containers } of sandboxes) {
      const place = { sandboxId, podUid: pod.uid };
      for (const { id } of [{ id: sandboxId }, ...containers]) this.#known.set(id, place);
    }
  }

  remembered(id: string): Place | undefined {
    return this.#known.get(id);
  }

  forget(id: string): void {
    this.#known.delete(id);
  }

  /** Asks CRI; `undefined` for what is in no pod, or not yet. */
  async find(id: string): Promise<Found | undefined> {
    const isSandbox = this.#known.get(id)?.sandboxId === id;
    const found = (isSandbox ? undefined : await this.#container(id)) ?? (await this.#sandbox(id));
    if (found) this.#known.set(id, found.place);
    return found;
  }

  async #container(id: string): Promise<Found | undefined> {
    const [container] = (await this.#services.runtime("ListContainers", { filter: { id } })).containers;
    if (!container) return undefined;
    const place = { sandboxId: container.pod_sandbox_id, podUid: container.labels[podUidLabel] ?? "" };
    return { place, running: container.state === "CONTAINER_RUNNING" };
  }

  async #sandbox(id: string): Promise<Found | undefined> {
    const [sandbox] = (await this.#services.runtime("ListPodSandbox", { filter: { id } })).items;
    if (!sandbox) return undefined;
    const place = { sandboxId: sandbox.id, podUid: sandbox.labels[podUidLabel] ?? "" };
    return { place, running: sandbox.state === "SANDBOX_READY" };
  }
}
