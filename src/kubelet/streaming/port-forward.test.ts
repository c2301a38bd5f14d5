import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { servePortForward } from "./port-forward-server.ts";
import { openPortForward } from "./remote-command-client.ts";
import { SpdySession } from "./spdy-session.ts";

const inPod = new Set<Socket>();
/** The server in the pod: answers with what it was sent, once that has ended. */
const echo = createServer({ allowHalfOpen: true }, (socket) => {
  inPod.add(socket.on("close", () => inPod.delete(socket)).on("error", () => {}));
  socket.pipe(socket);
});
const front = createHttpServer();
let address: string;

before(async () => {
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  const { port: echoPort } = echo.address() as AddressInfo;
  front.on("upgrade", (request, socket, head) => {
    const ports = new URL(request.url!, "http://pod").searchParams.getAll("port").map(Number);
    void servePortForward(request, socket, head, {
      ports,
      target: "pod web_default, uid 1",
      async connect(port) {
        if (port === 9) throw new Error("connection refused");
        const target = connect({ port: echoPort, host: "127.0.0.1", allowHalfOpen: true });
        await once(target, "connect");
        return target;
      },
    });
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  address = `127.0.0.1:${(front.address() as AddressInfo).port}/portForward`;
});
after(() => {
  echo.close();
  front.close();
});

async function nothingLeft(): Promise<void> {
  for (let n = 0; n < 100 && inPod.size > 0; n++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(inPod.size, 0, "connections into the pod are left");
}

test("SPDY: a connection, half closed, and its end", async () => {
  const data = await openPortForward(`http://${address}`, 80);
  data.end(Buffer.alloc(2_000_000, "a"));
  assert.equal((await buffer(data)).length, 2_000_000);
  await nothingLeft();
});

test("SPDY: what goes wrong in the pod is an error of the stream", async () => {
  const told = openPortForward(`http://${address}`, 9).then(text);
  await assert.rejects(told, /error forwarding port 9 to pod web_default, uid 1: connection refused/);
});

test("SPDY: a client that vanishes takes its connections along", async () => {
  const data = await openPortForward(`http://${address}`, 80);
  data.write("hello");
  await once(data, "data");
  assert.equal(inPod.size, 1);
  data.destroy();
  await nothingLeft();
});

async function overSpdy(transport: Duplex): Promise<void> {
  const session = new SpdySession(transport, { role: "client" });
  const answers = Array.from({ length: 20 }, async (_, n) => {
    const headers = { port: "80", requestID: String(n) };
    const error = await session.open({ ...headers, streamtype: "error" });
    const data = await session.open({ ...headers, streamtype: "data" });
    data.end(`question ${n}`);
    return [await text(data), await text(error)];
  });
  assert.deepEqual(
    await Promise.all(answers),
    answers.map((_, n) => [`question ${n}`, ""]),
  );
  session.close();
  await session.closed;
  await nothingLeft();
}

test("SPDY: many connections in one session", async () => {
  const headers = { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "portforward.k8s.io" };
  const [, socket] = await once(httpRequest(`http://${address}`, { method: "POST", headers }).end(), "upgrade");
  await overSpdy(socket);
});

test("SPDY tunnelled in a WebSocket", async () => {
  // The protocol's name is not one that a WebSocket library lets a client ask for.
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": "SPDY/3.1+portforward.k8s.io",
  };
  const [response, socket] = await once(httpRequest(`http://${address}`, { headers }).end(), "upgrade");
  assert.equal(response.headers["sec-websocket-protocol"], "SPDY/3.1+portforward.k8s.io");
  await overSpdy(webSocketClient(socket));
});

/** The client's end of a WebSocket with binary messages only: each masked with zeros, which changes nothing. */
function webSocketClient(socket: Duplex): Duplex {
  let rest = Buffer.alloc(0);
  const duplex = new Duplex({
    read: () => {},
    write(chunk: Buffer, _encoding, done) {
      const head = Buffer.alloc(14);
      head.writeUInt16BE(0x82ff);
      head.writeBigUInt64BE(BigInt(chunk.length), 2);
      socket.write(Buffer.concat([head, chunk]), done);
    },
    final(done) {
      socket.end(Buffer.from("88820000000003e8", "hex"));
      done();
    },
  });
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 10) {
      const short = rest[1]! < 126 ? rest[1]! : rest.readUInt16BE(2);
      const start = rest[1]! < 126 ? 2 : 4;
      if (rest.length < start + short) return;
      if (rest[0] === 0x82) duplex.push(rest.subarray(start, start + short));
      rest = rest.subarray(start + short);
    }
  });
  socket.on("end", () => duplex.push(null));
  return duplex;
}

test("WebSocket channels: two for each port, the port's number first", async () => {
  const socket = new WebSocket(`ws://${address}?port=80&port=9`, ["v4.channel.k8s.io"]);
  const channels: Buffer[] = [];
  const echoed = Promise.withResolvers<void>();
  socket.on("message", (data: Buffer) => {
    const number = data[0]!;
    channels[number] = Buffer.concat([channels[number] ?? Buffer.alloc(0), data.subarray(1)]);
    if (channels[0]?.toString().endsWith("hello")) echoed.resolve();
  });
  await once(socket, "open");
  socket.send(Buffer.from("\0hello"));
  await echoed.promise;
  assert.deepEqual(channels[0], Buffer.from("\x50\x00hello"));
  assert.deepEqual(channels[1], Buffer.from("\x50\x00"));
  assert.deepEqual(channels[2], Buffer.from("\x09\x00"));
  assert.equal(
    channels[3]!.subarray(2).toString(),
    "error forwarding port 9 to pod web_default, uid 1: connection refused",
  );
  socket.close();
  await nothingLeft();
});

test("WebSocket channels without a port are refused", async () => {
  const socket = new WebSocket(`ws://${address}`, ["v4.channel.k8s.io"]);
  const [error] = await once(socket, "error");
  assert.match(error.message, /400/);
});
