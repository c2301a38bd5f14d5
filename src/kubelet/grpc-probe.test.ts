import assert from "node:assert/strict";
import { createServer, type Http2Server, type Http2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { grpcHealth } from "./grpc-probe.ts";

const answers: Record<string, { status?: number; code?: string }> = {
  "": { status: 1 },
  sick: { status: 2 },
  none: { code: "12" },
};
const sessions = new Set<Http2Session>();
let server: Http2Server;
let port = 0;

before(async () => {
  server = createServer();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream, headers) => {
    assert.equal(headers[":path"], "/grpc.health.v1.Health/Check");
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const asked = Buffer.concat(chunks).subarray(7).toString();
      const answer = answers[asked];
      if (!answer) return; // never answers
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": answer.code ?? "0" }));
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.end(answer.status === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 8, answer.status]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
after(() => {
  for (const session of sessions) session.destroy();
  server.close();
});

test("a gRPC health service is asked as the standard says", async () => {
  const ask = (service: string, timeoutMs = 2_000) => grpcHealth("127.0.0.1", port, service, timeoutMs);
  assert.equal(await ask(""), "");
  assert.equal(await ask("sick"), 'service unhealthy (responded with "NOT_SERVING")');
  assert.match(await ask("none"), /does not implement the grpc health protocol/);
  assert.match(await ask("silent", 50), /within 0.05s: context deadline exceeded$/);
  assert.match(await grpcHealth("127.0.0.1", 1, "", 1_000), /ECONNREFUSED/);
});
