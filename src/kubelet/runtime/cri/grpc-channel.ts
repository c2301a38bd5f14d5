import { openChannel as openGrpcChannel } from "#grpc/grpc-channel.ts";
import { criCodec } from "./codec.ts";
import type { Method, Read, Written } from "./messages.ts";

export interface GrpcChannel {
  /** Rejects with RpcError; at once when nobody listens on the socket. */
  call<M extends Method>(path: string, method: M, request: Written<M[0]>, deadlineMs: number): Promise<Read<M[1]>>;
  /** Ends when the server ends the stream or the signal aborts; throws RpcError when it breaks. */
  stream<M extends Method>(
    path: string,
    method: M,
    request: Written<M[0]>,
    options: { signal: AbortSignal; headers?: Readonly<Record<string, string>> },
  ): AsyncIterable<Read<M[1]>>;
  close(): void;
}

/** A gRPC connection over a unix socket; made on the first call, and again by itself when the server was away. */
export const openChannel = (socket: string): GrpcChannel => openGrpcChannel(`unix:${socket}`, criCodec);
