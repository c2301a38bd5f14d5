import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, type Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import type { StreamOptions, StreamSession } from "../runtime/runtime.ts";
import { openRemoteCommand } from "./remote-command-client.ts";
import { type RemoteCommand, serveRemoteCommand } from "./remote-command-server.ts";
import { CommandFailed, failedStatus } from "./remote-command-status.ts";

/** What stands in for a command: it gets the ends of its streams and gives an exit code. */
type Program = (io: {
  stdin: PassThrough;
  stdout: PassThrough;
  stderr: PassThrough;
  sizes: string[];
}) => Promise<number>;

let program: Program;
let options: StreamOptions;
let closed: Promise<void>;
let served: Promise<void>;
let server: Server;
let address: string;

async function start(): Promise<StreamSession> {
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), sizes: [] as string[] };
  const hungUp = Promise.withResolvers<void>();
  closed = hungUp.promise;
  const exitCode = program(io).finally(() => {
    io.stdout.end();
    io.stderr.end();
  });
  exitCode.catch(() => {});
  return {
    ...(options.stdin && { stdin: io.stdin }),
    ...(options.stdout && { stdout: io.stdout }),
    ...(options.stderr && !options.tty && { stderr: io.stderr }),
    resize: (columns, rows) => void io.sizes.push(`${columns}x${rows}`),
    exitCode,
    close: () => hungUp.resolve(),
  };
}

before(async () => {
  server = createServer().on("upgrade", (request, socket, head) => {
    const command: RemoteCommand = { options, start, failure: "error executing command in container" };
    served = serveRemoteCommand(request, socket, head, command);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const all: StreamOptions = { stdin: true, stdout: true, stderr: true, tty: false };
const cat: Program = async ({ stdin, stdout, stderr }) => {
  for await (const chunk of stdin) if (!stdout.write(chunk)) await once(stdout, "drain");
  stderr.write("done");
  return 3;
};

function spdy(given: StreamOptions): Promise<StreamSession> {
  options = given;
  return openRemoteCommand(`http://${address}/exec`, given);
}

test("SPDY: input, its end, both outputs and the exit code", async () => {
  program = cat;
  const session = await spdy(all);
  session.stdin!.end("hello");
  assert.deepEqual(await Promise.all([text(session.stdout!), text(session.stderr!), session.exitCode]), [
    "hello",
    "done",
    3,
  ]);
  await closed;
  await served;
});

test("SPDY: much output arrives complete, then the exit code", async () => {
  const chunk = "x".repeat(50_000);
  program = async ({ stdout }) => {
    for (let n = 0; n < 100; n++) if (!stdout.write(chunk)) await once(stdout, "drain");
    return 0;
  };
  const session = await spdy({ ...all, stdin: false });
  session.stderr!.resume();
  assert.equal((await text(session.stdout!)).length, 5_000_000);
  assert.equal(await session.exitCode, 0);
});

test("SPDY: a command that ends without reading its input ends the session", async () => {
  program = async () => 7;
  const session = await spdy(all);
  session.stdout!.resume();
  session.stderr!.resume();
  session.stdin!.write("x".repeat(1_000_000));
  assert.equal(await session.exitCode, 7);
});

test("SPDY: terminal sizes arrive, a terminal has no stderr of its own", async () => {
  program = async ({ stdin, sizes, stdout }) => {
    await text(stdin);
    stdout.write(sizes.join(" "));
    return 0;
  };
  const session = await spdy({ ...all, stderr: false, tty: true });
  session.resize(80, 24);
  session.resize(120, 40);
  await new Promise((resolve) => setTimeout(resolve, 20)); // sizes and input are different streams
  session.stdin!.end();
  assert.equal(await text(session.stdout!), "80x24 120x40");
  assert.equal(session.stderr, undefined);
});

test("a command that cannot start says why", async () => {
  program = async () => {
    throw new Error("no such file");
  };
  const session = await spdy(all);
  session.stdout!.resume();
  session.stderr!.resume();
  await assert.rejects(session.exitCode, /Internal error occurred: error executing command in container: no such file/);
});

test("what another streaming server says goes on unchanged", async () => {
  const status = failedStatus("error executing command in container: no such file");
  program = async () => {
    throw new CommandFailed(status);
  };
  const session = await spdy(all);
  session.stdout!.resume();
  session.stderr!.resume();
  await assert.rejects(session.exitCode, (error) => {
    assert.deepEqual((error as CommandFailed).status, status);
    return true;
  });
});

test("a client that hangs up closes the runtime's session", async () => {
  program = ({ stdin }) => new Promise(() => void stdin.resume());
  const session = await spdy(all);
  session.close();
  await closed;
  await served;
  await assert.rejects(session.exitCode);
});

test("a client that reads nothing holds the command up instead of filling memory", async () => {
  let written = 0;
  program = async ({ stdout }) => {
    for (; written < 100; written++) if (!stdout.write("y".repeat(1_000_000))) await once(stdout, "drain");
    return 0;
  };
  const session = await spdy({ ...all, stdin: false, stderr: false });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const stalled = written;
  assert.ok(stalled < 60, `${stalled} MB were taken`);
  session.close();
});

test("an upgrade to protocols that nobody speaks is refused", async () => {
  options = all;
  const { request } = await import("node:http");
  const headers = { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "v9.channel.k8s.io" };
  const asked = request(`http://${address}/exec`, { method: "POST", headers }).end();
  const [response] = await once(asked, "response");
  assert.equal(response.statusCode, 403);
  assert.match(await text(response), /client supports \[v9.channel.k8s.io\], server accepts \[v4.channel.k8s.io /);
});

/** Collects what comes on each channel until the socket closes. */
async function webSocket(protocols: string[], given: StreamOptions, send: (socket: WebSocket) => void) {
  options = given;
  const socket = new WebSocket(`ws://${address}/exec`, protocols);
  const channels = new Map<number, string>();
  socket.on("message", (data: Buffer) => {
    const base64 = socket.protocol.includes("base64");
    const number = base64 ? data[0]! - 48 : data[0]!;
    const rest = base64 ? Buffer.from(data.subarray(1).toString(), "base64") : data.subarray(1);
    channels.set(number, (channels.get(number) ?? "") + rest.toString());
  });
  await once(socket, "open");
  send(socket);
  const [code] = await once(socket, "close");
  return { channels, code, protocol: socket.protocol };
}

test("WebSocket v5: the end of input is a message, the exit code a Status", async () => {
  program = cat;
  const { channels, code, protocol } = await webSocket(["v5.channel.k8s.io", "v4.channel.k8s.io"], all, (socket) => {
    socket.send(Buffer.from("\0hel"));
    socket.send(Buffer.from("\0lo"));
    socket.send(Buffer.from([255, 0]));
  });
  assert.equal(protocol, "v5.channel.k8s.io");
  assert.equal(code, 1000);
  assert.equal(channels.get(1), "hello");
  assert.equal(channels.get(2), "done");
  assert.deepEqual(JSON.parse(channels.get(3)!), {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "command terminated with exit code 3",
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: "3" }] },
  });
});

test("WebSocket: older protocols, base64, none at all", async () => {
  program = async ({ stdin, stdout, sizes }) => {
    const [chunk] = await once(stdin, "data");
    stdout.write(`${chunk} ${sizes}`);
    return sizes.length;
  };
  const given = { ...all, stderr: false, tty: true };
  const success = '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"}';
  const binary = (socket: WebSocket) => socket.send(Buffer.from("\0hi"));
  const sized = (socket: WebSocket) => {
    socket.send(Buffer.from('\u0004{"Width":10,"Height":5}'));
    binary(socket);
  };
  const v4 = await webSocket(["v4.channel.k8s.io"], given, binary);
  assert.deepEqual(
    [...v4.channels],
    [
      [1, "hi "],
      [3, success],
    ],
  );
  const old = await webSocket([], given, binary);
  assert.deepEqual([...old.channels], [[1, "hi "]]);
  const failed = await webSocket(["channel.k8s.io"], given, sized);
  assert.deepEqual(
    [...failed.channels],
    [
      [1, "hi 10x5"],
      [3, "command terminated with exit code 1"],
    ],
  );
  const base64 = await webSocket(["v4.base64.channel.k8s.io"], given, (socket) => socket.send("0aGk="));
  assert.deepEqual(
    [...base64.channels],
    [
      [1, "hi "],
      [3, success],
    ],
  );
});

test("WebSocket: a subprotocol that nobody speaks is refused", async () => {
  const socket = new WebSocket(`ws://${address}/exec`, ["soap"]);
  const [error] = await once(socket, "error");
  assert.match(error.message, /400/);
});

test("WebSocket: input for a command that reads slowly waits in the client", async () => {
  let received = 0;
  const go = Promise.withResolvers<void>();
  program = async ({ stdin }) => {
    await go.promise;
    for await (const chunk of stdin) received += (chunk as Buffer).length;
    return 0;
  };
  const done = webSocket(["v5.channel.k8s.io"], all, (socket) => {
    const message = Buffer.alloc(1_000_001);
    for (let n = 0; n < 40; n++) socket.send(message);
    socket.send(Buffer.from([255, 0]));
    setTimeout(() => {
      assert.ok(socket.bufferedAmount > 10_000_000, "the server took it all");
      go.resolve();
    }, 200);
  });
  await done;
  assert.equal(received, 40_000_000);
});

test("WebSocket: a client that vanishes closes the runtime's session", async () => {
  program = ({ stdin }) => new Promise(() => void stdin.resume());
  await webSocket(["v5.channel.k8s.io"], all, (socket) => socket.terminate());
  await served;
  await closed;
});

test("a broken stdin of the command is not the client's problem", async () => {
  program = async ({ stdin, stdout }) => {
    (stdin as Writable).destroy(new Error("closed by the command"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    stdout.write("goes on");
    return 0;
  };
  const session = await spdy(all);
  session.stdin!.write("x".repeat(2_000_000));
  session.stderr!.resume();
  assert.equal(await text(session.stdout!), "goes on");
  assert.equal(await session.exitCode, 0);
});
