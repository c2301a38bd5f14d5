/** A call that the server refused or that never reached it; the text is the one that Kubernetes shows. */
export class RpcError extends Error {
  /** As gRPC names it in its constants: `NOT_FOUND`, `UNAVAILABLE`. */
  readonly code: string;
  readonly details: string;

  constructor(code: string, details: string, path: string) {
    super(`rpc error: code = ${spoken(code)} desc = ${details}`);
    this.name = "RpcError";
    this.code = code;
    this.details = details;
    this.cause = path;
  }
}

/** `DEADLINE_EXCEEDED` → `DeadlineExceeded`, with gRPC's one exception. */
function spoken(code: string): string {
  if (code === "OK") return code;
  if (code === "CANCELLED") return "Canceled";
  return code.toLowerCase().replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
