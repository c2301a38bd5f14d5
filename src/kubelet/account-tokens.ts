import type { TokenRequest } from "#api/authentication/v1/token-request.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { ServiceAccounts } from "#api/core/v1/service-account.ts";
import type { ServiceAccountTokenProjection } from "#api/core/v1/volume.ts";
import { parseTime } from "#api/meta/time.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { unlessAnswered } from "./references.ts";

export interface AccountTokensOptions {
  readonly client: Pick<Client, "createSub">;
  readonly clock: Clock;
  readonly log: Logger;
}

type Wish = Pick<ServiceAccountTokenProjection, "audience" | "expirationSeconds">;

interface Held {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly renewFrom: number;
}

/** A token is renewed when this much of its life is over, or it is a day old. */
const renewAfter = 0.8;
const oldest = 24 * 3600_000;

/** The tokens of this node's pods: asked for once, renewed in time, kept in memory only. */
export class AccountTokens {
  readonly #options: AccountTokensOptions;
  /** By the pod's uid, then by what was asked for. */
  readonly #held = new Map<string, Map<string, Held>>();
  readonly #asking = new Map<string, Promise<string>>();

  constructor(options: AccountTokensOptions) {
    this.#options = options;
  }

  /** A token that is valid for some time yet. Throws Unanswered when there is none and none can be had now. */
  async token(pod: Pod, wish: Wish): Promise<string> {
    const { clock, log } = this.#options;
    const { uid, name } = pod.metadata;
    const id = `${wish.expirationSeconds ?? ""} ${wish.audience ?? ""}`;
    const held = this.#held.get(uid)?.get(id);
    if (held && clock.now() < held.renewFrom) return held.token;
    try {
      return await this.#askOnce(pod, wish, id);
    } catch (error) {
      if (!held || clock.now() >= held.expires) return unlessAnswered(error);
      log.warn({ pod: name, err: error }, "the token of a pod could not be renewed yet");
      return held.token;
    }
  }

  forget(uid: string): void {
    this.#held.delete(uid);
  }

  #askOnce(pod: Pod, wish: Wish, id: string): Promise<string> {
    const key = `${pod.metadata.uid} ${id}`;
    const known = this.#asking.get(key);
    if (known) return known;
    const answer = this.#ask(pod, wish, id).finally(() => this.#asking.delete(key));
    this.#asking.set(key, answer);
    return answer;
  }

  async #ask({ metadata, spec }: Pod, { audience, expirationSeconds }: Wish, id: string): Promise<string> {
    const { client, clock } = this.#options;
    const { namespace, name, uid } = metadata;
    const asked = clock.now();
    const answer = (await client.createSub(
      ServiceAccounts,
      { namespace, name: spec.serviceAccountName || "default" },
      "token",
      {
        spec: {
          ...(audience && { audiences: [audience] }),
          expirationSeconds,
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
        },
      },
    )) as TokenRequest;
    const { token = "", expirationTimestamp } = answer.status ?? {};
    const expires = parseTime(expirationTimestamp);
    const renewFrom = Math.min(asked + (expires - asked) * renewAfter, asked + oldest);
    const ofPod = this.#held.get(uid) ?? new Map<string, Held>();
    this.#held.set(uid, ofPod.set(id, { token, expires, renewFrom }));
    return token;
  }
}
