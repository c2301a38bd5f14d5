import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { decode, encode } from "./codec.ts";
import type { MessageName, Method, Read, Written } from "./messages.ts";
import { RpcError } from "./rpc-error.ts";

const largestMessage = 16 * 1024 * 1024;

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
export function openChannel(socket: string): GrpcChannel {
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": largestMessage,
    "grpc.max_send_message_length": largestMessage,
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.min_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.enable_retries": 0,
    "grpc.enable_channelz": 0,
  });
  return {
    call: (path, method, request, deadlineMs) => call(client, path, method, request, deadlineMs),
    stream: (path, method, request, options) => stream(client, path, method, request, options),
    close: () => client.close(),
  };
}

const serializer =
  <N extends MessageName>(name: N) =>
  (value: Written<N>) =>
    encode(name, value);
const deserializer =
  <N extends MessageName>(name: N) =>
  (bytes: Buffer) =>
    decode(name, bytes);

function call<M extends Method>(
  client: Client,
  path: string,
  [sent, received]: M,
  request: Written<M[0]>,
  deadlineMs: number,
): Promise<Read<M[1]>> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<Written<M[0]>, Read<M[1]>>(
      path,
      serializer<M[0]>(sent),
      deserializer<M[1]>(received),
      request,
      new Metadata(),
      { deadline: Date.now() + deadlineMs }, // a real socket's time limit, so real time
      (error, response) => (error ? reject(rpcError(error, path)) : resolve(response as Read<M[1]>)),
    );
  });
}

async function* stream<M extends Method>(
  client: Client,
  path: string,
  [sent, received]: M,
  request: Written<M[0]>,
  { signal, headers = {} }: { signal: AbortSignal; headers?: Readonly<Record<string, string>> },
): AsyncGenerator<Read<M[1]>> {
  signal.throwIfAborted();
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const messages = client.makeServerStreamRequest<Written<M[0]>, Read<M[1]>>(
    path,
    serializer<M[0]>(sent),
    deserializer<M[1]>(received),
    request,
    metadata,
  );
  const cancel = () => messages.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for await (const message of messages) yield message;
  } catch (error) {
    if (!signal.aborted) throw rpcError(error as ServiceError, path);
  } finally {
    signal.removeEventListener("abort", cancel);
    messages.cancel();
  }
}

function rpcError(error: ServiceError, path: string): Error {
  if (typeof error.code !== "number") return error;
  return new RpcError(status[error.code] ?? "UNKNOWN", error.details || error.message, path);
}
