import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "./codec.ts";

test("bytes are those that protobuf prescribes", () => {
  const cases = [
    [encode("VersionRequest", { version: "v1" }), "0a027631"],
    [encode("VersionRequest", { version: "" }), ""],
    [encode("StopContainerRequest", { container_id: "a", timeout: 300 }), "0a016110ac02"],
    [encode("LinuxContainerResources", { oom_score_adj: -998 }), "289af8ffffffffffffff01"],
    [encode("Int64Value", { value: 0 }), ""],
    [encode("PortForwardRequest", { port: [80, 443] }), "12045000bb03".replace("045000", "0350")],
    [encode("NamespaceOption", { network: "NODE", pid: "CONTAINER", ipc: "POD" }), "08021001"],
    [encode("ListPodSandboxRequest", { filter: { label_selector: { a: "b" } } }), "0a081a060a01611201" + "62"],
    [encode("ContainerConfig", { command: ["a", ""] }), "1a01611a00"],
  ] as const;
  for (const [bytes, hex] of cases) assert.equal(bytes.toString("hex"), hex);
});

test("what was written is read again, with defaults for what was left out", () => {
  const written = {
    id: "x".repeat(300),
    metadata: { name: "main", attempt: 2 },
    state: "CONTAINER_EXITED",
    created_at: 1_795_534_749_999_000_000,
    exit_code: -1,
    labels: { a: "1", "b/c": "ü" },
  } as const;
  assert.deepEqual(decode("ContainerStatus", encode("ContainerStatus", written)), {
    ...written,
    started_at: 0,
    finished_at: 0,
    image: undefined,
    image_ref: "",
    reason: "",
    message: "",
    annotations: {},
    log_path: "",
  });
});

test("fields that the table does not have are skipped, whatever their type", () => {
  const known = encode("TaskOOM", { container_id: "abc" });
  const unknown = ["7805", "7a0401020304", "790102030405060708", "7d01020304"].map((hex) => Buffer.from(hex, "hex"));
  for (const other of unknown) {
    assert.deepEqual(decode("TaskOOM", Buffer.concat([other, known])), { container_id: "abc" });
  }
});

test("lists of numbers are read packed and one by one", () => {
  const packed = encode("PortForwardRequest", { port: [80, 443] });
  const single = Buffer.from("105010bb03", "hex");
  assert.deepEqual(decode("PortForwardRequest", packed).port, [80, 443]);
  assert.deepEqual(decode("PortForwardRequest", single).port, [80, 443]);
});

test("a message that was cut off is refused", () => {
  const whole = encode("VersionRequest", { version: "some version" });
  for (let length = 1; length < whole.length; length++) {
    assert.throws(() => decode("VersionRequest", whole.subarray(0, length)), RangeError);
  }
});

test("a value that an enumeration does not have is not written", () => {
  assert.throws(() => encode("NamespaceOption", { network: "MOON" as "POD" }), /"MOON" is no NamespaceMode/);
});
