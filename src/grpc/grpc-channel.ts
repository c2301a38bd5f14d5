import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { MessageCodec } from "./codec.ts";
import type { MessageTable, MethodOf, ReadIn, WrittenIn } from "./messages.ts";
import { RpcError } from "./rpc-error.ts";

export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Leaves our side of the stream open, for methods that take a stream of requests and end with it. */
  readonly keepOpen?: boolean;
}

export interface GrpcChannel<T extends MessageTable> {
  /** Rejects with RpcError; at once when nobody listens there. */
  call<M extends MethodOf<T>>(
    path: string,
    method: M,
    request: WrittenIn<T, M[0]>,
    deadlineMs: number,
  ): Promise<ReadIn<T, M[1]>>;
  /** Ends when the server ends the stream or the signal aborts; throws RpcError when it breaks. */
  stream<M extends MethodOf<T>>(
    path: string,
    method: M,
    request: WrittenIn<T, M[0]>,
    options: StreamOptions,
  ): AsyncIterable<ReadIn<T, M[1]>>;
  close(): void;
}

export interface ChannelOptions {
  /** Bytes. */
  readonly largestMessage?: number;
  /** Encrypts; PEM of the authorities (default: the system's) and of our own certificate. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
  /** How often to make sure that a silent peer is still there. */
  readonly keepaliveMs?: number;
}

const defaultLargestMessage = 16 * 1024 * 1024;
const keepaliveTimeoutMs = 5_000;

/** A gRPC connection to `unix:PATH` or `HOST:PORT`; made on the first call, and again by itself when the server was away. */
export function openChannel<T extends MessageTable>(
  target: string,
  codec: MessageCodec<T>,
  { largestMessage = defaultLargestMessage, tls, keepaliveMs }: ChannelOptions = {},
): GrpcChannel<T> {
  const client = new Client(target, credentialsOf(tls), {
    "grpc.max_receive_message_length": largestMessage,
    "grpc.max_send_message_length": largestMessage,
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.min_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.enable_retries": 0,
    "grpc.enable_channelz": 0,
    ...(keepaliveMs && { "grpc.keepalive_time_ms": keepaliveMs, "grpc.keepalive_timeout_ms": keepaliveTimeoutMs }),
  });
  return {
    call: (path, method, request, deadlineMs) => call(client, codec, path, method, request, deadlineMs),
    stream: (path, method, request, options) => stream(client, codec, path, method, request, options),
    close: () => client.close(),
  };
}

function credentialsOf(tls: ChannelOptions["tls"]): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

function call<T extends MessageTable, M extends MethodOf<T>>(
  client: Client,
  codec: MessageCodec<T>,
  path: string,
  [sent, received]: M,
  request: WrittenIn<T, M[0]>,
  deadlineMs: number,
): Promise<ReadIn<T, M[1]>> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<WrittenIn<T, M[0]>, ReadIn<T, M[1]>>(
      path,
      (value) => codec.encode(sent, value),
      (bytes) => codec.decode<M[1]>(received, bytes),
      request,
      new Metadata(),
      { deadline: Date.now() + deadlineMs }, // a real socket's time limit, so real time
      (error, response) => (error ? reject(rpcError(error, path)) : resolve(response as ReadIn<T, M[1]>)),
    );
  });
}

async function* stream<T extends MessageTable, M extends MethodOf<T>>(
  client: Client,
  codec: MessageCodec<T>,
  path: string,
  [sent, received]: M,
  request: WrittenIn<T, M[0]>,
  { signal, headers = {}, keepOpen = false }: StreamOptions,
): AsyncGenerator<ReadIn<T, M[1]>> {
  signal.throwIfAborted();
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const messages = client.makeBidiStreamRequest<WrittenIn<T, M[0]>, ReadIn<T, M[1]>>(
    path,
    (value) => codec.encode(sent, value),
    (bytes) => codec.decode<M[1]>(received, bytes),
    metadata,
  );
  const cancel = () => messages.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    messages.write(request);
    if (!keepOpen) messages.end();
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
