import type { Service } from "#api/core/v1/service.ts";

/**
 * The variables by which containers find Services without DNS: `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT` and the older
 * `WEB_PORT_80_TCP_ADDR` family. Without links only those of the API server's own Service.
 */
export function serviceEnvironment(
  services: readonly Service[],
  namespace: string,
  links: boolean,
): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) {
    const ip = service.spec.clusterIP;
    if (!ip || ip === "None") continue;
    const isMaster = service.metadata.namespace === "default" && service.metadata.name === "kubernetes";
    if (!isMaster && !(links && service.metadata.namespace === namespace)) continue;
    addService(service, ip, variables);
  }
  return variables;
}

function addService({ metadata, spec }: Service, ip: string, variables: Map<string, string>): void {
  const name = variableName(metadata.name);
  const ports = spec.ports ?? [];
  const first = ports[0];
  if (!first) return;
  variables.set(`${name}_SERVICE_HOST`, ip);
  variables.set(`${name}_SERVICE_PORT`, String(first.port));
  for (const port of ports) {
    if (port.name) variables.set(`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  }
  const host = ip.includes(":") ? `[${ip}]` : ip;
  for (const { port, protocol = "TCP" } of ports) {
    const url = `${protocol.toLowerCase()}://${host}:${port}`;
    const prefix = `${name}_PORT_${port}_${protocol.toUpperCase()}`;
    if (port === first.port && protocol === (first.protocol ?? "TCP")) variables.set(`${name}_PORT`, url);
    variables.set(prefix, url);
    variables.set(`${prefix}_PROTO`, protocol.toLowerCase());
    variables.set(`${prefix}_PORT`, String(port));
    variables.set(`${prefix}_ADDR`, ip);
  }
}

const variableName = (name: string) => name.toUpperCase().replaceAll("-", "_");
