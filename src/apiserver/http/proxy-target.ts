import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { badRequest } from "#api/meta/api-error.ts";
import type { Backend } from "./backend.ts";
import { kubeletAddress } from "./kubelet-target.ts";

export interface ProxyName {
  readonly secure: boolean;
  readonly name: string;
  /** A number, a name, or nothing. */
  readonly port: string;
}

/** What stands for the name in `…/proxy`: `name`, `name:port` or `scheme:name:port`. Throws ApiError `BadRequest`. */
export function parseProxyName(text: string, what: "pod" | "service" | "node"): ProxyName {
  const parts = text.split(":");
  const [scheme, name, port] = parts.length === 3 ? parts : ["http", parts[0], parts[1] ?? ""];
  if (parts.length > 3 || !name || (scheme !== "" && scheme !== "http" && scheme !== "https"))
    throw badRequest(`invalid ${what} request "${text}"`);
  return { secure: scheme === "https", name, port: port ?? "" };
}

type Address = Omit<Backend, "path">;

/** Without a port in the request it is the first that the pod's containers name. Throws ApiError `BadRequest`. */
export function podAddress(pod: Pod, { secure, port }: ProxyName): Address {
  const host = pod.status?.podIP;
  if (!host) throw badRequest("address not allowed");
  const first = pod.spec?.containers?.flatMap(({ ports }) => ports ?? [])[0]?.containerPort;
  const number = port ? Number(port) : (first ?? (secure ? 443 : 80));
  if (!Number.isInteger(number) || number < 1 || number > 0xffff) throw badRequest(`invalid port "${port}"`);
  return { secure, host, port: number };
}

/** Without a port in the request it is the kubelet's own. */
export function nodeAddress(node: Node, { secure, port }: ProxyName): Address {
  const kubelet = kubeletAddress(node);
  if (!port) return { secure: true, ...kubelet };
  if (!/^\d{1,5}$/.test(port)) throw badRequest(`invalid port "${port}"`);
  return Number(port) === kubelet.port
    ? { secure: true, ...kubelet }
    : { secure, host: kubelet.host, port: Number(port) };
}
