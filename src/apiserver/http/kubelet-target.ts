import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { ApiError, badRequest } from "#api/meta/api-error.ts";
import { isTrue } from "#api/meta/query-flag.ts";
import { podLogQuery } from "./pod-log-options.ts";

/** A connection subresource of pods that ends at a kubelet. */
export type PodConnection = "log" | "exec" | "attach" | "portforward";

const kubeletPort = 10250;

/** Host and port of a node's kubelet. Throws ApiError when the node tells no address. */
export function kubeletAddress(node: Node): { readonly host: string; readonly port: number } {
  const addresses = node.status?.addresses ?? [];
  // The order in which kube-apiserver prefers them.
  for (const type of ["InternalIP", "Hostname", "ExternalIP"]) {
    const found = addresses.find((address) => address.type === type);
    if (found) return { host: found.address, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || kubeletPort };
  }
  throw new ApiError("InternalError", `no preferred addresses found; known addresses: []`);
}

/** The kubelet's path and query for a request about a pod. Throws ApiError `BadRequest` or `Invalid`. */
export function kubeletPath(pod: Pod, connection: PodConnection, query: URLSearchParams): string {
  const { namespace = "", name } = pod.metadata;
  const path = (verb: string, ...more: string[]) =>
    `/${[verb, namespace, name, ...more].map(encodeURIComponent).join("/")}`;
  switch (connection) {
    case "log":
      return withQuery(path("containerLogs", containerOf(pod, query)), podLogQuery(name, query));
    case "exec":
    case "attach":
      return withQuery(path(connection, containerOf(pod, query)), streamQuery(connection, query));
    case "portforward": {
      const ports = new URLSearchParams();
      for (const port of query.getAll("ports")) ports.append("port", port);
      return withQuery(path("portForward"), ports);
    }
  }
}

const withQuery = (path: string, query: URLSearchParams) => (query.size > 0 ? `${path}?${query}` : path);

/** The kubelet has other names for the same things. */
function streamQuery(connection: "exec" | "attach", query: URLSearchParams): URLSearchParams {
  const out = new URLSearchParams();
  const names = { stdin: "input", stdout: "output", stderr: "error", tty: "tty" };
  for (const [name, theirs] of Object.entries(names)) if (isTrue(query.get(name))) out.set(theirs, "1");
  if (connection === "exec") {
    for (const word of query.getAll("command")) out.append("command", word);
    if (!out.has("command")) throw badRequest("you must specify at least one command for the container");
  }
  if (!out.has("input") && !out.has("output") && !out.has("error"))
    throw badRequest("you must specify at least one of stdin, stdout, stderr");
  return out;
}

const names = (list: readonly { readonly name: string }[] | undefined) => (list ?? []).map(({ name }) => name);

/** The container asked for, else the only one. */
function containerOf(pod: Pod, query: URLSearchParams): string {
  const { name } = pod.metadata;
  const containers = names(pod.spec?.containers);
  const all = [...names(pod.spec?.initContainers), ...containers, ...names(pod.spec?.ephemeralContainers)];
  const asked = query.get("container");
  if (asked) {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only;
  const choice = only === undefined ? "" : `, choose one of: [${all.join(" ")}]`;
  throw badRequest(`a container name must be specified for pod ${name}${choice}`);
}
