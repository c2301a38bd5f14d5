import assert from "node:assert/strict";
import { test } from "node:test";
import { bool, int, list, map, quantity, string, struct } from "./nodes.ts";
import { restoreError } from "./restore-error.ts";

const Container = struct("io.k8s.api.core.v1.Container", { name: string(), tty: bool(), limits: map(quantity()) });
const Spec = struct("io.k8s.api.core.v1.PodSpec", {
  containers: list(Container),
  seconds: int(),
  labels: map(string()),
});

test("values of the wrong type are told as Go tells them when it fills a struct from maps", () => {
  const cases: readonly [unknown, string | undefined][] = [
    [{ containers: [{ name: "a", tty: true, limits: { cpu: 1 } }], seconds: 1, labels: { a: "b" } }, undefined],
    [{ unknown: 1, seconds: null }, undefined],
    [{ seconds: "1" }, "unrecognized type: int32"],
    [{ seconds: 1.5 }, "cannot convert float64 to int32"],
    [{ seconds: true }, "unrecognized type: int32"],
    [{ labels: { a: 1 } }, "cannot convert int64 to string"],
    [{ labels: { a: 1.5 } }, "unrecognized type: string"],
    [{ labels: { a: true } }, "unrecognized type: string"],
    [{ labels: "a" }, "cannot restore map from string"],
    [{ containers: {} }, "cannot restore slice from map"],
    [{ containers: ["a"] }, "cannot restore struct from: string"],
    [{ containers: [{ tty: "yes" }] }, "unrecognized type: bool"],
    [{ containers: [{ limits: [] }] }, "cannot restore map from slice"],
  ];
  for (const [value, expected] of cases) assert.equal(restoreError(Spec, value), expected, JSON.stringify(value));
});
