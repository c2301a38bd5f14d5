import type { Service } from "#api/core/v1/service.ts";
import type { EndpointSlice } from "#api/discovery/v1/endpoint-slice.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Where requests for a port of a Service may go; none when nobody is ready. `undefined` when there is no such port. */
export function targetsOf(
  service: Service,
  slices: readonly EndpointSlice[],
  port: number | string,
): Target[] | undefined {
  const { spec } = service;
  const wanted = (spec.ports ?? []).find(
    (each) => each.port === port || (each.name !== undefined && each.name === port),
  );
  if (spec.type === "ExternalName") {
    const number = wanted?.port ?? port;
    return typeof number === "number" && spec.externalName ? [{ host: spec.externalName, port: number }] : undefined;
  }
  if (!wanted) return undefined;
  const all = slices.flatMap((slice) => {
    const number = (slice.ports ?? []).find((each) => (each.name ?? "") === (wanted.name ?? ""))?.port;
    if (!number || slice.addressType === "FQDN") return [];
    return (slice.endpoints ?? []).flatMap(({ addresses, conditions }) =>
      addresses.slice(0, 1).map((host) => ({
        host,
        port: number,
        ready: conditions?.ready ?? true,
        serving: conditions?.serving ?? conditions?.ready ?? true,
      })),
    );
  });
  const ready = all.filter((each) => each.ready);
  const usable = ready.length > 0 ? ready : all.filter((each) => each.serving);
  return usable.map(({ host, port: number }) => ({ host, port: number }));
}
