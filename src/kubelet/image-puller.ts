import type { Container } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Secret } from "#api/core/v1/secret.ts";
import { Backoff } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import { formatDuration } from "#schema/duration.ts";
import type { ContainerEvents } from "./pod-events.ts";
import type { References } from "./references.ts";
import { credentialsFor } from "./registry-credentials.ts";
import { type Image, ImagePullError, type RegistryAuth, type Runtime } from "./runtime/runtime.ts";
import { Semaphore } from "./semaphore.ts";

/** An image that is not to be had now; `reason` is what the container's status shows. */
export class ImageUnavailable extends Error {
  readonly reason: string;
  readonly retryAt: number;

  constructor(reason: string, message: string, retryAt: number) {
    super(message);
    this.name = "ImageUnavailable";
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

export interface ImagePullerOptions {
  readonly runtime: Pick<Runtime, "image" | "pullImage">;
  readonly references: Pick<References, "secret">;
  readonly clock: Clock;
  /** Pulls at one time on this node. */
  readonly parallel?: number;
}

const pullBackoff = { initialMs: 10_000, maxMs: 300_000 };
/** How soon an image that nobody may pull is looked for again. */
const absentRetryMs = 10_000;

/** Sees to it that a container's image is on this machine, as its policy wants it. */
export class ImagePuller {
  readonly #options: ImagePullerOptions;
  readonly #slots: Semaphore;
  readonly #backoff = new Backoff(pullBackoff);
  /** Pulls under way: who wants the same image with the same credentials shares one. */
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(options: ImagePullerOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.parallel ?? 5);
  }

  /** Throws ImageUnavailable. */
  async ensure(pod: Pod, container: Container, events: ContainerEvents): Promise<Image> {
    const { runtime, clock } = this.#options;
    const image = container.image ?? "";
    const policy = container.imagePullPolicy ?? defaultPolicy(image);
    const present = policy === "Always" ? undefined : await runtime.image(image);
    if (present) {
      const text = `Container image "${image}" already present on machine and can be accessed by the pod`;
      events.normal("Pulled", text);
      return present;
    }
    if (policy === "Never") {
      const text = `Container image "${image}" is not present with pull policy of Never`;
      events.warning("ErrImageNeverPull", text);
      throw new ImageUnavailable("ErrImageNeverPull", text, clock.now() + absentRetryMs);
    }
    return this.#pull(pod, image, events);
  }

  /** A pod that is gone needs no back-off any more. */
  forget(pod: Pod): void {
    for (const { image } of [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])]) {
      this.#backoff.forget(`${pod.metadata.uid} ${image}`);
    }
  }

  async #pull(pod: Pod, image: string, events: ContainerEvents): Promise<Image> {
    const { runtime, clock } = this.#options;
    const askedAt = clock.now();
    const key = `${pod.metadata.uid} ${image}`;
    let begunAt = askedAt;
    try {
      const credentials = credentialsFor(image, await this.#secrets(pod));
      events.normal("Pulling", `Pulling image "${image}"`);
      await this.#shared(`${image} ${JSON.stringify(credentials)}`, async () => {
        begunAt = clock.now();
        await this.#pullWith(image, credentials);
      });
      const pulled = await runtime.image(image);
      if (!pulled) throw new ImagePullError("ErrImagePull", `image "${image}" is not there after it was pulled`);
      const now = clock.now();
      const [took, all] = [duration(now - begunAt), duration(now - askedAt)];
      events.normal(
        "Pulled",
        `Successfully pulled image "${image}" in ${took} (${all} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
      );
      this.#backoff.forget(key);
      return pulled;
    } catch (error) {
      const { message } = error as Error;
      const retryAt = clock.now() + this.#backoff.next(key);
      const reason = error instanceof ImagePullError ? error.reason : "ErrImagePull";
      if (reason === "InvalidImageName")
        events.warning("InspectFailed", `Failed to apply default image tag "${image}": ${message}`);
      else events.warning("Failed", `Failed to pull image "${image}": ${message}`);
      throw new ImageUnavailable(reason, message, retryAt);
    }
  }

  #shared(key: string, pull: () => Promise<void>): Promise<void> {
    let running = this.#pulls.get(key);
    if (!running) {
      running = this.#slots.run(pull).finally(() => this.#pulls.delete(key));
      this.#pulls.set(key, running);
    }
    return running;
  }

  /** With each of the credentials until one is good enough. */
  async #pullWith(image: string, credentials: readonly RegistryAuth[]): Promise<void> {
    const attempts: (RegistryAuth | undefined)[] = credentials.length > 0 ? [...credentials] : [undefined];
    const errors: unknown[] = [];
    for (const auth of attempts) {
      try {
        await this.#options.runtime.pullImage(image, auth);
        return;
      } catch (error) {
        errors.push(error);
      }
    }
    throw errors.at(-1);
  }

  async #secrets(pod: Pod): Promise<Secret[]> {
    const { references } = this.#options;
    const wanted = (pod.spec.imagePullSecrets ?? []).map(({ name }) => name).filter((name) => name !== "");
    const found = await Promise.all(wanted.map((name) => references.secret(pod.metadata.namespace ?? "", name)));
    return found.filter((secret) => secret !== undefined);
  }
}

/** What holds when the pod says nothing: a moving tag is fetched each time. */
function defaultPolicy(image: string): "Always" | "IfNotPresent" {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return !image.includes("@") && (!name.includes(":") || name.endsWith(":latest")) ? "Always" : "IfNotPresent";
}

const duration = (ms: number) => formatDuration(BigInt(Math.floor(ms)) * 1_000_000n);
