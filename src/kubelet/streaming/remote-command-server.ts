import type { IncomingMessage } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Status } from "#api/meta/api-error.ts";
import type { StreamOptions, StreamSession } from "../runtime/runtime.ts";
import type { ClientStreams } from "./client-streams.ts";
import { isWebSocketUpgrade } from "./http-upgrade.ts";
import { CommandFailed, exitStatus, failedStatus } from "./remote-command-status.ts";
import { acceptSpdyClient } from "./spdy-client-streams.ts";
import { acceptWebSocketClient } from "./websocket-client-streams.ts";

export interface RemoteCommand {
  readonly options: StreamOptions;
  /** Starts the command, or attaches to one that runs. Called when the client's streams stand. */
  start(): Promise<StreamSession>;
  /** Put before the text of an error of `start`: `error executing command in container`. */
  readonly failure: string;
}

/** Serves an upgrade request for exec or attach to its end. Never rejects: what goes wrong is told to the client. */
export async function serveRemoteCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  command: RemoteCommand,
): Promise<void> {
  socket.on("error", () => {}); // shows as the end of the streams over it
  if (!isWebSocketUpgrade(request) && head.length > 0) socket.unshift(head);
  const client = isWebSocketUpgrade(request)
    ? await acceptWebSocketClient(request, socket, head, command.options)
    : await acceptSpdyClient(request, socket, command.options);
  if (client) await client.finish(await runFor(client, command));
}

async function runFor(client: ClientStreams, command: RemoteCommand): Promise<Status> {
  let session: StreamSession;
  try {
    session = await command.start();
  } catch (error) {
    return statusOf(error, command);
  }
  session.exitCode.catch(() => {}); // seen below, unless the client is gone first
  void client.closed.then(() => session.close());
  if (client.resizes) watchSize(client.resizes, session);
  if (client.stdin && session.stdin) feed(client.stdin, session.stdin);
  const outputs = Promise.all([drain(session.stdout, client.stdout), drain(session.stderr, client.stderr)]);
  try {
    // A client that is gone does not wait for the end, and what the runtime makes of it is its own business.
    const code = await Promise.race([session.exitCode, client.closed.then(() => 0)]);
    await outputs;
    return exitStatus(code);
  } catch (error) {
    return statusOf(error, command);
  } finally {
    session.close();
  }
}

const statusOf = (error: unknown, { failure }: RemoteCommand): Status =>
  error instanceof CommandFailed ? error.status : failedStatus(`${failure}: ${(error as Error).message}`);

/**
 * Input is piped by hand: when the command does not want any more, the client must not see its stdin fail, and what
 * it still sends must be read, or it would hold up everything else on the connection.
 */
function feed(from: Readable, to: Writable): void {
  from.pipe(to);
  to.on("error", () => {}); // the command closed its stdin, which is its right
  to.once("close", () => {
    from.unpipe(to);
    from.resume();
  });
}

async function drain(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (!from) {
    to?.end();
    return;
  }
  if (!to) {
    from.resume();
    return;
  }
  // Fails when either side breaks off; then the exit code, or its absence, tells the rest.
  await pipeline(from, to).catch(() => {});
}

function watchSize(resizes: Readable, session: StreamSession): void {
  let text = "";
  resizes.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("latin1")).slice(-4096);
    for (let end = text.indexOf("}"); end >= 0; end = text.indexOf("}")) {
      const size = parseSize(text.slice(0, end + 1));
      text = text.slice(end + 1);
      if (size) session.resize(size.columns, size.rows);
    }
  });
}

function parseSize(text: string): { readonly columns: number; readonly rows: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    const valid = (n: unknown): n is number => Number.isInteger(n) && (n as number) > 0 && (n as number) <= 0xffff;
    return valid(Width) && valid(Height) ? { columns: Width, rows: Height } : undefined;
  } catch {
    return undefined; // a size that cannot be read is no reason to end the command
  }
}
