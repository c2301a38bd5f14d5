import { connect } from "node:http2";

/** What gRPC's health service may answer, by number. */
const servingStatuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const grpcUnimplemented = "12";

/** Asks the standard health service; resolves with what is wrong, empty when it serves. */
export function grpcHealth(host: string, port: number, service: string, timeoutMs: number): Promise<string> {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const end = (wrong: string) => {
      clearTimeout(timer);
      session.destroy();
      resolve(wrong);
    };
    const late = `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: context deadline exceeded`;
    const timer = setTimeout(() => end(late), timeoutMs);
    session.on("error", (error) => end(`error: ${error.message}`));
    const request = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let code: unknown;
    const noteCode = (headers: Record<string, unknown>) => {
      code = headers["grpc-status"] ?? code;
    };
    request.on("response", noteCode);
    request.on("trailers", noteCode);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", (error) => end(`error: ${error.message}`));
    request.on("end", () => end(verdict(Buffer.concat(chunks), code)));
    request.end(framed(service));
  });
}

/** One message: no compression, its length, then the request with the service's name as field 1. */
function framed(service: string): Buffer {
  const name = Buffer.from(service);
  const body = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : name;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function verdict(answer: Buffer, code: unknown): string {
  if (code === grpcUnimplemented)
    return "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): rpc error: code = Unimplemented";
  if (code !== undefined && code !== "0") return `error: health rpc failed: rpc error: code = ${code}`;
  // Field 1 as a number; an answer without it says UNKNOWN.
  const status = answer[5] === 0x08 ? (answer[6] ?? 0) : 0;
  return status === 1 ? "" : `service unhealthy (responded with "${servingStatuses[status] ?? status}")`;
}
