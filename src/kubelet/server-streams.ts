import type { Pod } from "#api/core/v1/pod.ts";
import type { PodLookup, PodView } from "./pod-lookup.ts";
import { specOf } from "./pod-lookup.ts";
import type { Runtime, StreamOptions } from "./runtime/runtime.ts";
import { ServerError } from "./server-error.ts";
import type { PortForward } from "./streaming/port-forward-server.ts";
import type { RemoteCommand } from "./streaming/remote-command-server.ts";

export type StreamRuntime = Pick<Runtime, "exec" | "attach" | "portForward">;

export type StreamRequest =
  | { readonly kind: "command"; readonly command: RemoteCommand }
  | { readonly kind: "portForward"; readonly forward: PortForward };

/**
 * What an upgrade request stands for: `/exec/{namespace}/{pod}/[{uid}/]{container}`, the same for attach, and
 * `/portForward/{namespace}/{pod}[/{uid}]`; `undefined` for other paths. Throws ServerError.
 */
export function streamRequest(url: URL, pods: PodLookup, runtime: StreamRuntime): StreamRequest | undefined {
  const [verb, namespace, name, ...rest] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  if (!namespace || !name || rest.length > 2) return undefined;
  if (verb === "portForward" && rest.length < 2) {
    const view = findPod(pods, namespace, name, rest[0]);
    return { kind: "portForward", forward: portForward(url.searchParams, view, runtime) };
  }
  if ((verb !== "exec" && verb !== "attach") || rest.length === 0) return undefined;
  const view = findPod(pods, namespace, name, rest.length === 2 ? rest[0] : undefined);
  const container = rest.at(-1)!;
  const id = view.isRunning(container) ? view.containerId(container) : undefined;
  if (!id) throw new ServerError(500, `container not found ("${container}")`);
  const options = streamOptions(url.searchParams);
  const command =
    verb === "exec" ? exec(url.searchParams, id, options, runtime) : attach(view.pod, container, id, options, runtime);
  return { kind: "command", command };
}

function findPod(pods: PodLookup, namespace: string, name: string, uid: string | undefined): PodView {
  const view = pods.find(namespace, name);
  if (!view || (uid && view.pod.metadata.uid !== uid)) throw new ServerError(404, "pod does not exist");
  return view;
}

function streamOptions(query: URLSearchParams): StreamOptions {
  const flag = (name: string) => query.get(name) === "1" || query.get(name) === "true";
  const tty = flag("tty");
  // A terminal has one output.
  const options = { stdin: flag("input"), stdout: flag("output"), stderr: flag("error") && !tty, tty };
  if (!options.stdin && !options.stdout && !options.stderr)
    throw new ServerError(400, "you must specify at least 1 of stdin, stdout, stderr");
  return options;
}

function exec(query: URLSearchParams, id: string, options: StreamOptions, runtime: StreamRuntime): RemoteCommand {
  const command = query.getAll("command");
  return {
    options,
    start: () => runtime.exec(id, command, options),
    failure: "error executing command in container",
  };
}

/** Whether there is a terminal was decided when the container was made. */
function attach(pod: Pod, name: string, id: string, options: StreamOptions, runtime: StreamRuntime): RemoteCommand {
  const tty = specOf(pod, name)?.tty ?? false;
  return {
    options,
    start: () => runtime.attach(id, { ...options, tty, stderr: options.stderr && !tty }),
    failure: "error attaching to container",
  };
}

function portForward(query: URLSearchParams, view: PodView, runtime: StreamRuntime): PortForward {
  const { sandboxId } = view;
  if (!sandboxId)
    throw new ServerError(500, `pod not found ("${view.pod.metadata.name}_${view.pod.metadata.namespace}")`);
  const ports = query
    .getAll("port")
    .flatMap((text) => text.split(","))
    .map(Number);
  const wrong = ports.find((port) => !Number.isInteger(port) || port < 1 || port > 0xffff);
  if (wrong !== undefined) throw new ServerError(400, 'query parameter "port" must be a port number');
  return { ports, target: `pod ${sandboxId}, uid `, connect: (port) => runtime.portForward(sandboxId, port) };
}
