import type { Secret } from "#api/core/v1/secret.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { parseTime } from "#api/meta/time.ts";
import type { Clock } from "#kit/clock.ts";
import { objectKey } from "../registry/keys.ts";
import type { Feed } from "../watch/feed.ts";
import type { AccountClaims, Reference } from "./account-claims.ts";

export interface TokenFeeds {
  readonly serviceAccounts: Feed;
  readonly pods: Feed;
  readonly secrets: Feed;
  readonly nodes: Feed;
}

/** What is being deleted may go on using its token for this long. */
const leewayMs = 60_000;

/** The objects that tokens are bound to: with them the tokens end. */
export class LiveObjects {
  readonly #feeds: TokenFeeds;
  readonly #clock: Clock;

  constructor(feeds: TokenFeeds, clock: Clock) {
    this.#feeds = feeds;
    this.#clock = clock;
  }

  /** Why a token is not valid any more. */
  objection({ namespace, serviceaccount, pod, secret, node }: AccountClaims): string | undefined {
    const { serviceAccounts, pods, secrets, nodes } = this.#feeds;
    return (
      this.#missing(serviceAccounts, namespace, serviceaccount, invalidated) ??
      (pod && this.#missing(pods, namespace, pod, invalidated)) ??
      (secret && this.#missing(secrets, namespace, secret, invalidated)) ??
      // beside a pod the node is there to be read only: the pod ends with it
      (node && !pod ? this.#missing(nodes, undefined, node, invalidated) : undefined)
    );
  }

  /** The token that a Secret holds. */
  tokenIn(namespace: string, name: string): string | undefined {
    const { secrets } = this.#feeds;
    const secret = secrets.get(objectKey(secrets.resource, namespace, name)) as Secret | undefined;
    const base64 = secret?.metadata.deletionTimestamp ? undefined : secret?.data?.token;
    return base64 && Buffer.from(base64, "base64").toString();
  }

  #missing(feed: Feed, namespace: string | undefined, { name, uid }: Reference, why: string): string | undefined {
    const object = feed.get(objectKey(feed.resource, namespace, name)) as KubeObject | undefined;
    if (!object || object.metadata.uid !== uid) return why;
    const deleted = parseTime(object.metadata.deletionTimestamp);
    return deleted < this.#clock.now() - leewayMs ? why : undefined;
  }
}

const invalidated = "service account token has been invalidated";
