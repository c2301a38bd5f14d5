import { type IncomingMessage, Agent as PlainAgent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { Duplex } from "node:stream";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { ApiError, badRequest } from "#api/meta/api-error.ts";
import { type Agents, type Backend, callBackend, passedHeaders, readAll, upgradeToBackend } from "./backend.ts";
import type { HttpReply, KnownRequest } from "./exchange.ts";
import { kubeletAddress, kubeletPath, type PodConnection } from "./kubelet-target.ts";
import { nodeAddress, parseProxyName, podAddress } from "./proxy-target.ts";
import { writeReply } from "./raw-socket.ts";
import type { RequestInfo } from "./request-info.ts";
import { errorReply } from "./response.ts";

export type ConnectInfo = Extract<RequestInfo, { kind: "connect" }>;

export interface KubeletProxyOptions {
  /** The pod, and its node when it has one. Throws ApiError `NotFound`. */
  podAndNode(namespace: string, name: string): Promise<{ readonly pod: Pod; readonly node?: Node | undefined }>;
  /** Throws ApiError `NotFound`. */
  node(name: string): Promise<Node>;
  /** A ready endpoint of a service's port: its number, its name, or "" for the only one. Throws ApiError. */
  serviceEndpoint(
    namespace: string,
    name: string,
    port: string,
  ): Promise<{ readonly host: string; readonly port: number }>;
  /** What we show to kubelets, and the authority that has signed their certificates. PEM. */
  readonly clientCert: string;
  readonly clientKey: string;
  readonly kubeletCa: string;
}

/** Requests that end at a kubelet, a pod or a service. Their senders must have been authorized already. */
export interface KubeletProxy {
  /** Answers what stays HTTP: logs and proxies. Throws ApiError. */
  connections(request: KnownRequest, info: ConnectInfo): Promise<HttpReply>;
  /** Serves what leaves HTTP to its end; what goes wrong is answered as a Status on the socket. Never rejects. */
  upgrade(request: KnownRequest, info: ConnectInfo, incoming: IncomingMessage, client: Client): Promise<void>;
  /** Closes idle connections. */
  close(): void;
}

export interface Client {
  readonly socket: Duplex;
  readonly head: Buffer;
}

export function createKubeletProxy(options: KubeletProxyOptions): KubeletProxy {
  const { clientCert: cert, clientKey: key, kubeletCa: ca } = options;
  const plain = new PlainAgent({ keepAlive: true });
  const kubelets: Agents = { plain, secure: new TlsAgent({ keepAlive: true, cert, key, ca }) };
  // Whatever runs in a pod has a certificate of its own making, if any; ours is not for it.
  const others: Agents = { plain, secure: new TlsAgent({ keepAlive: true, rejectUnauthorized: false }) };
  const agentsFor = (backend: KnownBackend) => (backend.kubelet ? kubelets : others);
  return {
    async connections(request, info) {
      if (info.subresource === "exec" || info.subresource === "attach" || info.subresource === "portforward")
        throw badRequest("Upgrade request required");
      const backend = await findBackend(request, info, options);
      if (!backend) return textLog(nothing());
      if (info.subresource === "log") return logReply(request, info, backend, kubelets);
      return proxyReply(request, backend, agentsFor(backend));
    },
    async upgrade(request, info, incoming, client) {
      try {
        if (info.subresource === "log") throw badRequest("a log is no connection that can be upgraded");
        const backend = await findBackend(request, info, options);
        if (!backend) throw badRequest(`pod ${info.name} does not have a host assigned`);
        await upgradeToBackend(backend, incoming, client, request.signal, agentsFor(backend));
      } catch (error) {
        const { status, headers, body } = errorReply(asApiError(error));
        writeReply(client.socket, { status, headers, body: body as Buffer });
      }
    },
    close() {
      for (const agent of [plain, kubelets.secure, others.secure]) agent.destroy();
    },
  };
}

interface KnownBackend extends Backend {
  /** It is one of our kubelets, and may see our certificate. */
  readonly kubelet: boolean;
}

/** `undefined` for a pod that is on no node yet. */
async function findBackend(
  request: KnownRequest,
  info: ConnectInfo,
  options: KubeletProxyOptions,
): Promise<KnownBackend | undefined> {
  const { namespace = "", name, subresource } = info;
  if (subresource !== "proxy") {
    const { pod, node } = await options.podAndNode(namespace, name);
    const path = kubeletPath(pod, subresource satisfies PodConnection, request.query);
    return node && { secure: true, kubelet: true, ...kubeletAddress(node), path };
  }
  const path = `${encodePath(info.rest || "/")}${request.query.size > 0 ? `?${request.query}` : ""}`;
  if (info.resource.plural === "nodes") {
    const target = parseProxyName(name, "node");
    const node = await options.node(target.name);
    const address = nodeAddress(node, target);
    return { ...address, path, kubelet: address.secure && address.port === kubeletAddress(node).port };
  }
  if (info.resource.plural === "services") {
    const target = parseProxyName(name, "service");
    const endpoint = await options.serviceEndpoint(namespace, target.name, target.port);
    return { secure: target.secure, ...endpoint, path, kubelet: false };
  }
  const target = parseProxyName(name, "pod");
  const { pod } = await options.podAndNode(namespace, target.name);
  return { ...podAddress(pod, target), path, kubelet: false };
}

const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

async function logReply(request: KnownRequest, info: ConnectInfo, backend: Backend, agents: Agents) {
  const response = await callBackend(backend, { method: "GET", headers: {}, signal: request.signal }, agents);
  if (response.statusCode !== 200) throw refusal(response.statusCode ?? 500, await readAll(response), info);
  return textLog(bodyOf(response, request.signal));
}

const textLog = (body: AsyncIterable<Buffer>): HttpReply => ({
  status: 200,
  headers: { "content-type": "text/plain" },
  body,
});

async function* nothing(): AsyncGenerator<Buffer> {}

/** A caller that goes away in the middle is not an error of the backend's. */
async function* bodyOf(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A kubelet answers in plain text; callers get a Status. */
function refusal(code: number, body: Buffer, info: ConnectInfo): ApiError {
  const text = body.toString("utf8").trimEnd();
  if (code === 400) return badRequest(text);
  if (code === 404) {
    const what = `( ${info.resource.plural}/${info.subresource} ${info.name})`;
    return new ApiError("NotFound", `the server could not find the requested resource ${what}`);
  }
  return new ApiError("InternalError", `Internal error occurred: ${text}`, { causes: [{ message: text }] });
}

async function proxyReply(request: KnownRequest, backend: Backend, agents: Agents): Promise<HttpReply> {
  const body = await request.body();
  const sent = passedHeaders(Object.entries(request.headers).flatMap(([name, value]) => [name, String(value)]));
  const headers = Object.fromEntries(Object.entries(sent).filter(([name]) => !name.startsWith(":")));
  const call = { method: request.method, headers, signal: request.signal, ...(body.length > 0 && { body }) };
  const response = await callBackend(backend, call, agents);
  return {
    status: response.statusCode ?? 502,
    headers: passedHeaders(response.rawHeaders),
    body: bodyOf(response, request.signal),
  };
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}
