import { badly, checkNotNegative, ifGiven } from "#api/meta/check.ts";
import { isHttpHeaderName, isPortName, isPortNumber } from "#schema/formats.ts";
import { forbidden, invalid, type Problem, required } from "#schema/problem.ts";
import type { GRPCAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe, TCPSocketAction } from "./probe.ts";

export function checkPort(port: number | string | undefined, path: string): Problem[] {
  if (typeof port === "string") return badly(path, port, isPortName(port));
  return badly(path, port ?? 0, isPortNumber(port ?? 0));
}

export function checkTcpSocket(action: TCPSocketAction, path: string): Problem[] {
  return checkPort(action.port, `${path}.port`);
}

export function checkGrpc({ port = 0 }: GRPCAction, path: string): Problem[] {
  return badly(`${path}.port`, port, isPortNumber(port));
}

export function checkHttpGet(action: HTTPGetAction, path: string): Problem[] {
  return [
    ...checkPort(action.port, `${path}.port`),
    ...(action.httpHeaders ?? []).flatMap(({ name }, i) =>
      ifGiven(`${path}.httpHeaders[${i}].name`, name, isHttpHeaderName),
    ),
  ];
}

/** Exactly one of the ways to ask a container; the first one named stays, others are too many. */
function checkHandler(handler: object, kinds: readonly string[], path: string): Problem[] {
  const [first, ...others] = kinds.filter((kind) => kind in handler);
  if (!first) return [required(path, "must specify a handler type")];
  return others.map((kind) => forbidden(`${path}.${kind}`, "may not specify more than 1 handler type"));
}

const counts = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
] as const;

export function checkProbe(probe: Probe, path: string): Problem[] {
  const problems = [
    ...checkHandler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], path),
    ...counts.flatMap((name) => checkNotNegative(`${path}.${name}`, probe[name])),
  ];
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    problems.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, "must be greater than 0"));
  }
  return problems;
}

/** What a probe may say depends on what it is for. */
export function checkProbeUse(probes: Partial<Record<string, unknown>>, path: string): Problem[] {
  const { livenessProbe, readinessProbe, startupProbe } = probes as Partial<Record<string, Probe>>;
  const problems = Object.entries({ livenessProbe, startupProbe }).flatMap(([name, probe]) => {
    const threshold = probe?.successThreshold;
    return threshold === undefined || threshold === 1
      ? []
      : [invalid(`${path}.${name}.successThreshold`, threshold, "must be 1")];
  });
  const grace = readinessProbe?.terminationGracePeriodSeconds;
  if (grace !== undefined) {
    const field = `${path}.readinessProbe.terminationGracePeriodSeconds`;
    problems.push(invalid(field, grace, "must not be set for readinessProbes"));
  }
  return problems;
}

export function checkLifecycle(lifecycle: Lifecycle, path: string): Problem[] {
  return (["postStart", "preStop"] as const).flatMap((moment) => {
    const handler: LifecycleHandler | undefined = lifecycle[moment];
    return handler ? checkHandler(handler, ["exec", "httpGet", "tcpSocket", "sleep"], `${path}.${moment}`) : [];
  });
}
