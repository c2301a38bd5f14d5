import type { Pod } from "#api/core/v1/pod.ts";
import { WorkQueue } from "#kit/work-queue.ts";
import { currentSandbox, newestSandbox } from "./pod-containers.ts";
import type { PodLookup, PodView } from "./pod-lookup.ts";
import type { PodMemory } from "./pod-memory.ts";
import { PodWorker, type WorkerContext } from "./pod-worker.ts";
import type { RuntimeEvent, Sandbox } from "./runtime/runtime.ts";
import { referencedByVolumes } from "./volumes/volume-references.ts";

export interface PodWorkersOptions extends WorkerContext {
  readonly memory: PodMemory;
}

const backoff = { initialMs: 500, maxMs: 30_000 };
/** What is given to containers of pods that nobody knows any more. */
const strangerGraceSeconds = 30;

/** One worker a pod, each woken when something about its pod changes; all go on side by side. */
export class PodWorkers {
  readonly #options: PodWorkersOptions;
  readonly #queue: WorkQueue;
  readonly #workers = new Map<string, PodWorker>();

  constructor(options: PodWorkersOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock, backoff);
  }

  get idle(): boolean {
    return this.#queue.idle && [...this.#workers.values()].every((worker) => worker.idle);
  }

  has(uid: string): boolean {
    return this.#workers.has(uid);
  }

  add(pod: Pod, sandboxes: readonly Sandbox[]): void {
    const { uid } = pod.metadata;
    const wake = (afterMs = 0) => this.#queue.addAfter(uid, afterMs);
    this.#workers.set(uid, new PodWorker(pod, sandboxes, this.#options, wake));
    this.#queue.add(uid);
  }

  /** A pod as the API server has it now. */
  take(pod: Pod, adopted: readonly Sandbox[]): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker) worker.update(pod);
    else this.add(pod, adopted);
  }

  vanish(uid: string): void {
    this.#workers.get(uid)?.vanish();
  }

  vanishAllBut(known: ReadonlySet<string>): void {
    for (const [uid, worker] of this.#workers) if (!known.has(uid)) worker.vanish();
  }

  hint(event: RuntimeEvent): void {
    if (event.podUid === undefined) for (const worker of this.#workers.values()) worker.hint(event);
    else this.#workers.get(event.podUid)?.hint(event);
  }

  versions(): ReadonlyMap<string, number> {
    return new Map([...this.#workers].map(([uid, { operations }]) => [uid, operations.version]));
  }

  observe(list: readonly Sandbox[], before: ReadonlyMap<string, number>): void {
    const byPod = Map.groupBy(list, ({ pod }) => pod.uid);
    for (const [uid, version] of before) {
      if (this.#workers.get(uid)?.operations.observe(byPod.get(uid) ?? [], version)) this.#queue.add(uid);
    }
  }

  /** Ends what runs for pods that neither the API server nor this node knows. */
  async removeStrangers(known: ReadonlySet<string>, adopted: ReadonlyMap<string, readonly Sandbox[]>): Promise<void> {
    const strangers = [...adopted].filter(([uid]) => !known.has(uid) && !this.#workers.has(uid));
    await Promise.all(strangers.flatMap(([, sandboxes]) => sandboxes.map((sandbox) => this.#removeStranger(sandbox))));
  }

  async #removeStranger({ id, containers }: Sandbox): Promise<void> {
    const { runtime } = this.#options;
    const running = containers.filter(({ state }) => state === "running");
    await Promise.all(running.map((container) => runtime.stopContainer(container.id, strangerGraceSeconds)));
    await runtime.stopSandbox(id);
    await runtime.removeSandbox(id);
  }

  /** Everything that is known to be here. */
  sandboxes(): readonly Sandbox[] {
    return [...this.#workers.values()].flatMap(({ operations }) => operations.sandboxes);
  }

  /** Brings volumes up to date with what they were made from. */
  refreshVolumes(): void {
    const { files, node, log } = this.#options;
    for (const { pod, operations } of this.#workers.values()) {
      const sandbox = currentSandbox(operations.sandboxes);
      if (!sandbox || (referencedByVolumes(pod).length === 0 && !hasOwnFiles(pod))) continue;
      const place = { podIPs: sandbox.ips, hostIPs: node.addresses, nodeName: node.name };
      files.prepare(pod, place).catch((error: unknown) => {
        log.debug({ pod: pod.metadata.name, err: error }, "volumes could not be brought up to date");
      });
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#queue.close(), { once: true });
    const passes = new Set<Promise<void>>();
    for (let uid = await this.#queue.take(); uid !== undefined; uid = await this.#queue.take()) {
      const pass: Promise<void> = this.#pass(uid, signal).finally(() => passes.delete(pass));
      passes.add(pass);
    }
    for (const worker of this.#workers.values()) worker.detach();
    await Promise.all(passes);
  }

  async #pass(uid: string, signal: AbortSignal): Promise<void> {
    const worker = this.#workers.get(uid);
    const { log, memory } = this.#options;
    try {
      if (!worker) return;
      await worker.pass();
      this.#queue.forget(uid);
      if (worker.gone) {
        this.#workers.delete(uid);
        memory.forget(uid);
      } else {
        memory.keep(worker.pod);
      }
    } catch (error) {
      if (!signal.aborted) log.warn({ pod: worker?.pod.metadata.name, err: error }, "pod could not be looked after");
      this.#queue.retry(uid);
    } finally {
      this.#queue.done(uid);
    }
  }

  readonly lookup: PodLookup = {
    find: (namespace, name) => {
      const found = [...this.#workers.values()].filter(
        ({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
      );
      // A pod and its successor of the same name may overlap; who asks by name means the newer one.
      const newest = found.at(-1);
      return newest && viewOf(newest);
    },
    all: () => [...this.#workers.values()].map(({ pod }) => pod),
  };
}

function viewOf(worker: PodWorker): PodView {
  return {
    pod: worker.pod,
    sandboxId: (currentSandbox(worker.operations.sandboxes) ?? newestSandbox(worker.operations.sandboxes))?.id,
    containerId: (container, previous = false) => worker.container(container, previous)?.id,
    logPath: (container, previous) => worker.container(container, previous)?.logPath,
    isRunning: (container) => worker.isRunning(container),
  };
}

const hasOwnFiles = ({ spec }: Pod) =>
  (spec.volumes ?? []).some(
    ({ downwardAPI, projected }) =>
      downwardAPI || projected?.sources?.some((source) => source.downwardAPI || source.serviceAccountToken),
  );
