import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { Container as ContainerSpec } from "#api/core/v1/container.ts";
import type { HTTPGetAction, Probe } from "#api/core/v1/probe.ts";
import { grpcHealth } from "./grpc-probe.ts";
import type { Runtime } from "./runtime/runtime.ts";

export interface ProbeResult {
  readonly ok: boolean;
  /** Why not, as the Event says it. */
  readonly message: string;
}

export interface ProbeTarget {
  readonly containerId: string;
  readonly spec: ContainerSpec;
  readonly host: string;
}

export type Prober = (probe: Probe, target: ProbeTarget) => Promise<ProbeResult>;

const passed: ProbeResult = { ok: true, message: "" };
const failed = (message: string): ProbeResult => ({ ok: false, message });

/** As much of an answer as is worth an Event. */
const longestMessage = 1024;

/** Asks real containers: by a command inside, an HTTP request or a connection. Time limits are real time. */
export function realProber(runtime: Pick<Runtime, "execSync">): Prober {
  return async (probe, target) => {
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
    if (probe.exec) return execProbe(runtime, probe.exec.command ?? [], target, timeoutMs);
    if (probe.httpGet) return httpProbe(probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket) {
      const port = portOf(probe.tcpSocket.port, target.spec);
      return tcpProbe(probe.tcpSocket.host || target.host, port, timeoutMs);
    }
    if (probe.grpc) {
      const wrong = await grpcHealth(target.host, probe.grpc.port, probe.grpc.service, timeoutMs);
      return wrong === "" ? passed : failed(wrong);
    }
    return failed("missing probe handler");
  };
}

/** Simulated containers have no network: only a command can fail there. */
export function simulatedProber(runtime: Pick<Runtime, "execSync">): Prober {
  return async (probe, target) =>
    probe.exec ? execProbe(runtime, probe.exec.command ?? [], target, (probe.timeoutSeconds ?? 1) * 1000) : passed;
}

function portOf(port: number | string, { ports = [] }: ContainerSpec): number {
  if (typeof port === "number") return port;
  const named = ports.find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (!Number.isInteger(named)) throw new Error(`couldn't find port: ${port}`);
  return named;
}

async function execProbe(
  runtime: Pick<Runtime, "execSync">,
  command: readonly string[],
  { containerId }: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeResult> {
  const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutMs);
  return exitCode === 0 ? passed : failed(Buffer.concat([stdout, stderr]).toString().slice(0, longestMessage));
}

function httpProbe(action: HTTPGetAction, { host, spec }: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  const scheme = action.scheme === "HTTPS" ? "https" : "http";
  const port = portOf(action.port, spec);
  const address = action.host || host;
  const path = action.path || "/";
  const url = `${scheme}://${bracketed(address)}:${port}${path.startsWith("/") ? path : `/${path}`}`;
  const send = scheme === "https" ? httpsRequest : httpRequest;
  const headers: Record<string, string> = { "User-Agent": "kube-probe/1.36", Accept: "*/*" };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    // A probe asks whether someone answers; who it is, is not its business.
    const request = send(url, { headers, signal, agent: false, rejectUnauthorized: false });
    request.on("response", (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? passed : failed(`HTTP probe failed with statuscode: ${status}`));
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      const why = signal.aborted
        ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        : dialError(error, address, port);
      resolve(failed(`Get "${url}": ${why}`));
    });
    request.end();
  });
}

function tcpProbe(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => end(failed(`dial tcp ${bracketed(host)}:${port}: i/o timeout`)));
    socket.once("connect", () => end(passed));
    socket.once("error", (error: NodeJS.ErrnoException) => end(failed(dialError(error, host, port))));
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "connect: connection timed out",
  ECONNRESET: "read: connection reset by peer",
};

const dialError = (error: NodeJS.ErrnoException, host: string, port: number) =>
  `dial tcp ${bracketed(host)}:${port}: ${reasons[error.code ?? ""] ?? error.message}`;

const bracketed = (host: string) => (host.includes(":") ? `[${host}]` : host);
