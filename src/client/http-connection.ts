import { type IncomingMessage, Agent as PlainAgent, request as plainRequest, type RequestOptions } from "node:http";
import { Agent, request as tlsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { ApiError, fromStatus } from "#api/meta/api-error.ts";

export interface HttpConnectionOptions {
  /** Of API servers that serve the same cluster; another one is taken when one cannot be reached. */
  readonly servers: readonly string[];
  /** PEM. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Asked for each request, since tokens end. */
  readonly token?: (() => string | Promise<string>) | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** The name that the server's certificate must bear, when it is not the one in the URL. */
  readonly tlsServerName?: string | undefined;
  readonly userAgent?: string | undefined;
}

export interface HttpCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Keeps connections to the API servers and knows how to prove who asks. */
export interface HttpConnection {
  /** Resolves with the head of a good answer. Throws ApiError for a Status, and whatever the socket says when it breaks. */
  call(call: HttpCall): Promise<IncomingMessage>;
  close(): void;
}

export function httpConnection(options: HttpConnectionOptions): HttpConnection {
  const { ca, cert, key, insecureSkipTlsVerify, tlsServerName } = options;
  const agents = {
    "https:": new Agent({
      keepAlive: true,
      scheduling: "lifo",
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(tlsServerName && { servername: tlsServerName }),
      rejectUnauthorized: !insecureSkipTlsVerify,
    }),
    "http:": new PlainAgent({ keepAlive: true, scheduling: "lifo" }),
  };
  const servers = options.servers.map((server) => new URL(server));
  let preferred = 0;

  const attempt = async (call: HttpCall): Promise<IncomingMessage> => {
    const headers = await headersOf(call, options);
    for (let tried = 0; ; tried++) {
      const server = servers[preferred % servers.length] as URL;
      try {
        return await sendTo(server, call, { headers, agents });
      } catch (error) {
        if (tried + 1 >= servers.length || !neverSent(error)) throw error;
        preferred++;
      }
    }
  };

  return {
    async call(call) {
      call.signal?.throwIfAborted();
      const answer = await attempt(call);
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status < 300) return answer;
      throw await errorOf(answer, status);
    },
    close() {
      agents["https:"].destroy();
      agents["http:"].destroy();
    },
  };
}

async function headersOf({ headers, body }: HttpCall, { token, userAgent = "minik8s" }: HttpConnectionOptions) {
  return {
    accept: "application/json",
    "user-agent": userAgent,
    ...(token && { authorization: `Bearer ${await token()}` }),
    ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  };
}

interface Means {
  readonly headers: Readonly<Record<string, string>>;
  readonly agents: { readonly "https:": Agent; readonly "http:": PlainAgent };
}

async function sendTo(server: URL, call: HttpCall, means: Means): Promise<IncomingMessage> {
  try {
    return await sendOnce(server, call, means);
  } catch (error) {
    // the server closed a kept connection just when it was used again; reading twice does no harm
    const stale = (error as { reused?: boolean }).reused && call.method === "GET" && !call.signal?.aborted;
    if (!stale) throw error;
    return sendOnce(server, call, means);
  }
}

function sendOnce(
  server: URL,
  { method, path, body, signal }: HttpCall,
  { headers, agents }: Means,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const secure = server.protocol !== "http:";
    const options: RequestOptions = {
      agent: secure ? agents["https:"] : agents["http:"],
      host: server.hostname.replace(/^\[|\]$/g, ""),
      port: server.port || (secure ? 443 : 80),
      method,
      path: `${server.pathname.replace(/\/$/, "")}${path}`,
      headers,
      ...(signal && { signal }),
    };
    const outgoing = (secure ? tlsRequest : plainRequest)(options, resolve);
    outgoing.on("error", (error) => {
      reject(signal?.aborted ? signal.reason : Object.assign(error, { reused: outgoing.reusedSocket }));
    });
    outgoing.end(body);
  });
}

const neverSent = (error: unknown) =>
  ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT", "EAI_AGAIN"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );

async function errorOf(answer: IncomingMessage, code: number): Promise<ApiError> {
  const body = await text(answer);
  try {
    const status = JSON.parse(body) as { kind?: string };
    if (status.kind === "Status") return fromStatus(status as object, code);
  } catch {
    // not from an API server: the text itself is all there is to tell
  }
  return Object.assign(new ApiError("InternalError", body.trim().slice(0, 500) || `HTTP ${code}`), {
    reason: "",
    code,
  });
}
