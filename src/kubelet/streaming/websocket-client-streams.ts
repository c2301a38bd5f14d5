import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import type { StreamOptions } from "../runtime/runtime.ts";
import { type ClientStreams, statusText } from "./client-streams.ts";
import { acceptWebSocket } from "./websocket.ts";
import { WebSocketChannels } from "./websocket-channels.ts";

const protocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
];
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 };

/** Upgrades to WebSocket; `undefined` when it was refused. */
export async function acceptWebSocketClient(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: StreamOptions,
): Promise<ClientStreams | undefined> {
  const accepted = await acceptWebSocket(request, socket, head, protocols);
  if (!accepted) return undefined;
  const channels = new WebSocketChannels(accepted.socket, accepted.protocol);
  const error = channels.output(channel.error);
  const stdout = options.stdout ? channels.output(channel.stdout) : undefined;
  const stderr = options.stderr ? channels.output(channel.stderr) : undefined;
  // An empty message on the first channel tells the client that the connection stands.
  (stdout ?? stderr ?? error).write(Buffer.alloc(0));
  return {
    ...(options.stdin && { stdin: channels.input(channel.stdin) }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    ...(options.tty && { resizes: channels.input(channel.resize) }),
    closed: channels.closed,
    async finish(status) {
      const text = statusText(status, accepted.protocol);
      if (text) error.write(text);
      error.end();
      await finished(error).catch(() => {}); // the client may be gone
      channels.close();
    },
  };
}
