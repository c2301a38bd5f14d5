import assert from "node:assert/strict";
import { test } from "node:test";
import { cannotBeHandled, decodeError } from "./decode-error.ts";
import {
  bool,
  bytes,
  int,
  intOrString,
  list,
  long,
  map,
  microTime,
  quantity,
  ref,
  string,
  struct,
  time,
} from "./nodes.ts";

const Port = struct("io.k8s.api.core.v1.ContainerPort", { containerPort: int(), name: string() });
const Container = struct("io.k8s.api.core.v1.Container", {
  name: string(),
  ports: list(Port),
  args: list(string()),
  limits: map(quantity()),
  tty: bool(),
});
const Spec = struct("io.k8s.api.core.v1.PodSpec", {
  containers: list(Container),
  nodeSelector: map(string()),
  seconds: long(),
  max: intOrString(),
  size: quantity(),
  at: time(),
  micro: microTime(),
  data: bytes(),
});
const Pod = struct("io.k8s.api.core.v1.Pod", { spec: ref(Spec) });
const fault = (spec: unknown) => decodeError(Pod, { spec });

test("values of the wrong JSON type are told as Go's decoder tells them", () => {
  const inside = "json: cannot unmarshal";
  const cases: readonly [unknown, string | undefined][] = [
    [{ containers: [{ name: "a", ports: [{ containerPort: 80 }] }], seconds: 30, max: "25%", at: null }, undefined],
    [{ unknown: 1 }, undefined],
    ["x", `${inside} string into Go struct field Pod.spec of type v1.PodSpec`],
    [{ seconds: "30" }, `${inside} string into Go struct field PodSpec.spec.seconds of type int64`],
    [{ seconds: 1.5 }, `${inside} number 1.5 into Go struct field PodSpec.spec.seconds of type int64`],
    [{ containers: {} }, `${inside} object into Go struct field PodSpec.spec.containers of type []v1.Container`],
    [
      { containers: [{ ports: [{ containerPort: "80" }] }] },
      `${inside} string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32`,
    ],
    [
      { containers: [{ ports: [{ containerPort: 3_000_000_000 }] }] },
      `${inside} number 3000000000 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32`,
    ],
    [
      { containers: [{ ports: [{}] }], nodeSelector: { a: true } },
      `${inside} bool into Go struct field PodSpec.spec.nodeSelector of type string`,
    ],
    [
      { containers: [{ args: [1] }] },
      `${inside} number into Go struct field Container.spec.containers.args of type string`,
    ],
    [
      { containers: [{ limits: [] }] },
      `${inside} array into Go struct field Container.spec.containers.limits of type v1.ResourceList`,
    ],
    [
      { containers: [{ tty: "yes" }] },
      `${inside} string into Go struct field Container.spec.containers.tty of type bool`,
    ],
    [{ max: 1.5 }, `${inside} number 1.5 into Go value of type int32`],
    [{ max: true }, `${inside} bool into Go value of type int32`],
    [{ at: 5 }, `${inside} number into Go value of type string`],
    [{ at: "x" }, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
    [{ size: true }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    [{ size: 1.5 }, undefined],
    [{ data: "YWJj" }, undefined],
    [{ data: "YW Jj" }, "illegal base64 data at input byte 2"],
    [{ data: "YWJ" }, "illegal base64 data at input byte 0"],
    [{ data: 1 }, `${inside} number into Go struct field PodSpec.spec.data of type []uint8`],
  ];
  for (const [spec, expected] of cases) assert.equal(fault(spec), expected, JSON.stringify(spec));
});

test("the first mismatch counts, unless something cannot be read at all", () => {
  assert.match(fault({ seconds: "1", containers: 1 }) ?? "", /PodSpec.spec.seconds/);
  assert.match(fault({ seconds: "1", size: "x" }) ?? "", /^quantities must match/);
});

test("names that every object inherits are no fields", () => {
  assert.equal(decodeError(Pod, JSON.parse('{"constructor":1,"toString":2,"__proto__":3}')), undefined);
});

test("the message of the 400", () => {
  assert.equal(cannotBeHandled("Pod", "v1", "json: x"), 'Pod in version "v1" cannot be handled as a Pod: json: x');
});
