import type { Pod } from "#api/core/v1/pod.ts";
import { containersOf } from "./pod-containers.ts";
import type { PodFiles } from "./pod-files.ts";
import { unknownExitCode } from "./restart-policy.ts";
import type { Container, Sandbox } from "./runtime/runtime.ts";

/** What ended containers left as their message, each read once. */
export class TerminationMessages {
  readonly #files: Pick<PodFiles, "terminationMessage">;
  readonly #messages = new Map<string, string | undefined>();

  constructor(files: Pick<PodFiles, "terminationMessage">) {
    this.#files = files;
  }

  async read(pod: Pod, sandboxes: readonly Sandbox[]): Promise<void> {
    const ended = sandboxes.flatMap(({ containers }) => containers.filter(({ state }) => state === "exited"));
    const known = new Set(ended.map(({ id }) => id));
    for (const id of this.#messages.keys()) if (!known.has(id)) this.#messages.delete(id);
    await Promise.all(
      ended.filter(({ id }) => !this.#messages.has(id)).map((container) => this.#readOne(pod, container)),
    );
  }

  /** What the container wrote goes before what the runtime says. */
  of(container: Container): string | undefined {
    return this.#messages.get(container.id) ?? container.message;
  }

  async #readOne(pod: Pod, container: Container): Promise<void> {
    const spec = containersOf(pod).find((c) => c.spec.name === container.name)?.spec;
    if (!spec) return;
    const { attempt, exitCode = unknownExitCode } = container;
    this.#messages.set(container.id, await this.#files.terminationMessage(pod, spec, { attempt, exitCode }));
  }
}
