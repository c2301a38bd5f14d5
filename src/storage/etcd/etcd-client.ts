import { setTimeout as delay } from "node:timers/promises";
import { messageCodec } from "#grpc/codec.ts";
import { type GrpcChannel, openChannel } from "#grpc/grpc-channel.ts";
import { RpcError } from "#grpc/rpc-error.ts";
import { checkPermission } from "#kit/permission.ts";
import { StorageUnavailable } from "../storage.ts";
import type { EtcdAddress } from "./etcd-url.ts";
import { type Etcd, etcdMessages, type Got, type Sent } from "./messages.ts";

/** With several members, one that does not answer for this long is left for the next. */
const memberMs = 3_000;
const firstPauseMs = 20;
const longestPauseMs = 500;
const keepaliveMs = 5_000;

const methods = {
  Range: ["/etcdserverpb.KV/Range", "RangeRequest", "RangeResponse"],
  Txn: ["/etcdserverpb.KV/Txn", "TxnRequest", "TxnResponse"],
  Compact: ["/etcdserverpb.KV/Compact", "CompactionRequest", "CompactionResponse"],
  LeaseGrant: ["/etcdserverpb.Lease/LeaseGrant", "LeaseGrantRequest", "LeaseGrantResponse"],
} as const;
type Methods = typeof methods;

export interface Answer<R> {
  readonly response: R;
  /** An earlier attempt may have been carried out although its answer was lost. */
  readonly repeated: boolean;
}

/** The members of an etcd cluster as one: stays with a member as long as it answers, then goes on to the next. */
export class EtcdClient {
  readonly #endpoints: readonly string[];
  readonly #channels: readonly GrpcChannel<Etcd>[];
  readonly #closed = new AbortController();
  /** As long as a call may take in all, over all members and attempts. */
  readonly patienceMs: number;
  #current = 0;

  constructor({ endpoints, tls }: EtcdAddress, patienceMs: number) {
    const codec = messageCodec(etcdMessages);
    this.patienceMs = patienceMs;
    this.#endpoints = endpoints;
    // the server limits what one request may hold, not what a page of a list or a batch of a watch may
    this.#channels = endpoints.map((target) => openChannel(target, codec, { tls, keepaliveMs, largestMessage: -1 }));
  }

  /** Throws StorageUnavailable when no member answers in time, RpcError for what etcd refuses. */
  async call<N extends keyof Methods>(name: N, request: Sent<Methods[N][1]>): Promise<Answer<Got<Methods[N][2]>>> {
    const [path, sent, received] = methods[name];
    const end = performance.now() + this.patienceMs;
    let pause = firstPauseMs;
    for (let attempt = 0; ; attempt++) {
      const member = this.#current;
      const left = end - performance.now();
      const limit = this.#channels.length > 1 ? Math.min(left, memberMs) : left;
      if (name === "Txn") checkPermission(); // it may have ended while etcd was away
      try {
        const method = [sent, received] as [Methods[N][1], Methods[N][2]];
        const response = await this.#channels[member]!.call(path, method, request, limit);
        return { response: response as Got<Methods[N][2]>, repeated: attempt > 0 };
      } catch (error) {
        this.#checkOpen();
        if (!isAway(error)) throw error;
        this.#leave(member);
        if (performance.now() + pause > end) throw this.#unavailable(error);
      }
      await this.#pause(pause);
      pause = Math.min(pause * 2, longestPauseMs);
    }
  }

  /** Ends when the signal aborts; throws RpcError when the member goes away or has lost its leader. */
  async *watch(create: Sent<"WatchCreateRequest">, signal: AbortSignal): AsyncGenerator<Got<"WatchResponse">> {
    const member = this.#current;
    try {
      yield* this.#channels[member]!.stream(
        "/etcdserverpb.Watch/Watch",
        ["WatchRequest", "WatchResponse"] as const,
        { create_request: create },
        // a member that was cut off from the others would keep the stream and say nothing
        { signal, keepOpen: true, headers: { hasleader: "true" } },
      );
    } catch (error) {
      this.#leave(member);
      throw error;
    }
  }

  close(): void {
    this.#closed.abort();
    for (const channel of this.#channels) channel.close();
  }

  #leave(member: number): void {
    if (this.#current === member) this.#current = (member + 1) % this.#channels.length;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#closed.signal }).catch(() => {}); // only closing ends it early
    this.#checkOpen();
  }

  #checkOpen(): void {
    if (this.#closed.signal.aborted) throw new Error("the etcd storage is closed");
  }

  #unavailable(error: RpcError): StorageUnavailable {
    return new StorageUnavailable(`etcd at ${this.#endpoints.join(",")} does not answer: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Without the wrapping that the gRPC library puts around it. */
const reasonOf = ({ details }: RpcError) =>
  /Last error: (?:Error: )?(.*?)\.? Resolution note:/.exec(details)?.[1] ?? details;

/** The member is away, or has no leader: another one, or the same one later, may do it. */
function isAway(error: unknown): error is RpcError {
  if (!(error instanceof RpcError)) return false;
  if (error.code === "UNAVAILABLE" || error.code === "DEADLINE_EXCEEDED") return true;
  // what a member says that gave up waiting for a leader inside a transaction
  return error.code === "UNKNOWN" && error.details === "context deadline exceeded";
}
