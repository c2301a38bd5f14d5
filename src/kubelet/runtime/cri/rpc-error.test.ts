import assert from "node:assert/strict";
import { test } from "node:test";
import { ImagePullError } from "../runtime.ts";
import { pullError, RpcError } from "./rpc-error.ts";

test("errors read as Kubernetes shows them", () => {
  for (const [code, spoken] of [
    ["NOT_FOUND", "NotFound"],
    ["DEADLINE_EXCEEDED", "DeadlineExceeded"],
    ["UNKNOWN", "Unknown"],
    ["CANCELLED", "Canceled"],
  ] as const) {
    assert.equal(new RpcError(code, "why", "/a/b").message, `rpc error: code = ${spoken} desc = why`);
  }
});

test("a failed pull has the reason that the container waits with", () => {
  for (const [details, reason] of [
    ['failed to pull and unpack image "a:1": not found', "ErrImagePull"],
    ['failed to parse image reference "A": invalid reference format', "InvalidImageName"],
    ["RegistryUnavailable: try later", "RegistryUnavailable"],
  ] as const) {
    const error = pullError(new RpcError("UNKNOWN", details, "/"));
    assert.ok(error instanceof ImagePullError);
    assert.equal(error.reason, reason);
  }
  const other = new Error("not from the runtime");
  assert.equal(pullError(other), other);
});
