import type { Clock } from "#kit/clock.ts";
import type { Container, Sandbox } from "../runtime.ts";
import { podUidLabel } from "./labels.ts";
import type { Read } from "./messages.ts";
import { isNotFound } from "./rpc-error.ts";
import type { CriServices } from "./services.ts";
import { containerOf, sandboxOf } from "./states.ts";

/** How long after its end a container may still be found to have been killed for its memory. */
const lateReasonMs = 2000;

interface Known<T> {
  readonly state: string;
  readonly status: T;
}

/**
 * What runs, asked for cheaply: CRI's lists give states only, and the details of each sandbox and container take one more
 * call each. Those do not change while the state stays, so they are asked for once per state.
 */
export class Inventory {
  readonly #services: CriServices;
  readonly #owner: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  readonly #containers = new Map<string, Known<Container>>();
  readonly #sandboxes = new Map<string, Known<Read<"PodSandboxStatus">>>();

  constructor(services: CriServices, owner: Readonly<Record<string, string>>, clock: Clock) {
    this.#services = services;
    this.#owner = owner;
    this.#clock = clock;
  }

  async list(): Promise<Sandbox[]> {
    const [sandboxes, containers] = await Promise.all([
      this.#services.runtime("ListPodSandbox", { filter: { label_selector: this.#owner } }),
      this.#services.runtime("ListContainers", { filter: { label_selector: this.#owner } }),
    ]);
    const ours = sandboxes.items.filter(({ labels }) => podUidLabel in labels);
    forget(this.#sandboxes, ours);
    forget(this.#containers, containers.containers);
    const bySandbox = Map.groupBy(containers.containers, (container) => container.pod_sandbox_id);
    const found = await Promise.all(ours.map((sandbox) => this.#complete(sandbox, bySandbox.get(sandbox.id) ?? [])));
    return found.filter((sandbox) => sandbox !== undefined);
  }

  async sandbox(id: string): Promise<Sandbox | undefined> {
    const [sandboxes, containers] = await Promise.all([
      this.#services.runtime("ListPodSandbox", { filter: { id } }),
      this.#services.runtime("ListContainers", { filter: { pod_sandbox_id: id } }),
    ]);
    const sandbox = sandboxes.items.find((item) => item.id === id);
    return sandbox && this.#complete(sandbox, containers.containers);
  }

  async #complete(sandbox: Read<"PodSandbox">, containers: readonly Read<"Container">[]): Promise<Sandbox | undefined> {
    const [status, statuses] = await Promise.all([
      this.#sandboxStatus(sandbox),
      Promise.all(containers.map((container) => this.#container(container))),
    ]);
    return (
      status &&
      sandboxOf(
        status,
        statuses.filter((container) => container !== undefined),
      )
    );
  }

  async #sandboxStatus({ id, state }: Read<"PodSandbox">): Promise<Read<"PodSandboxStatus"> | undefined> {
    const known = this.#sandboxes.get(id);
    if (known?.state === state) return known.status;
    const answer = await unlessGone(this.#services.runtime("PodSandboxStatus", { pod_sandbox_id: id }));
    const status = answer?.status;
    // Without an address it may still be on its way up.
    const settled = status && (status.state === "SANDBOX_NOTREADY" || status.network?.ip);
    if (settled) this.#sandboxes.set(id, { state: status.state, status });
    return status;
  }

  async #container({ id, state }: Read<"Container">): Promise<Container | undefined> {
    const known = this.#containers.get(id);
    if (known?.state === state) return known.status;
    const answer = await unlessGone(this.#services.runtime("ContainerStatus", { container_id: id }));
    if (!answer?.status) return undefined;
    const status = containerOf(answer.status);
    if (!this.#mayStillChange(status)) this.#containers.set(id, { state: answer.status.state, status });
    return status;
  }

  /** The news that memory ran out may come after the news of the end. */
  #mayStillChange({ state, exitCode, reason, finishedAt }: Container): boolean {
    if (state !== "exited" || exitCode !== 137 || reason === "OOMKilled") return false;
    return this.#clock.now() - (finishedAt ?? 0) < lateReasonMs;
  }
}

function forget(known: Map<string, unknown>, present: readonly { readonly id: string }[]): void {
  const ids = new Set(present.map(({ id }) => id));
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
}

/** What a list named may be gone when its details are asked for. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
