import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Container } from "#api/core/v1/container.ts";
import { podOf } from "./pod.fixture.ts";
import { qosClassOf } from "./qos.ts";
import { cgroupParentOf, linuxResources } from "./resources.ts";

type Amounts = Record<string, string>;
const container = (requests?: Amounts, limits?: Amounts): Container =>
  ({
    name: "app",
    image: "app:1",
    resources: { ...(requests && { requests }), ...(limits && { limits }) },
  }) as Container;

const memoryBytes = 10 * 2 ** 30;

const cases: readonly {
  readonly name: string;
  readonly container: Container;
  readonly qos: string;
  readonly linux: object;
}[] = [
  { name: "nothing asked", container: container(), qos: "BestEffort", linux: { cpuShares: 2, oomScoreAdj: 1000 } },
  {
    name: "a request",
    container: container({ cpu: "250m", memory: "1Gi" }),
    qos: "Burstable",
    linux: { cpuShares: 256, oomScoreAdj: 900 },
  },
  {
    name: "a limit counts as request",
    container: container(undefined, { cpu: "2", memory: "1Gi" }),
    qos: "Guaranteed",
    linux: {
      cpuShares: 2048,
      cpuQuotaMicros: 200_000,
      cpuPeriodMicros: 100_000,
      memoryLimitBytes: 2 ** 30,
      oomScoreAdj: -997,
    },
  },
  {
    name: "requests below limits",
    container: container({ cpu: "100m", memory: "64Mi" }, { cpu: "500m", memory: "128Mi" }),
    qos: "Burstable",
    linux: {
      cpuShares: 102,
      cpuQuotaMicros: 50_000,
      cpuPeriodMicros: 100_000,
      memoryLimitBytes: 128 * 2 ** 20,
      oomScoreAdj: 994,
    },
  },
  {
    name: "the smallest amounts the kernel takes",
    container: container({ cpu: "1m" }, { cpu: "1m" }),
    qos: "Burstable",
    linux: { cpuShares: 2, cpuQuotaMicros: 1_000, cpuPeriodMicros: 100_000, oomScoreAdj: 999 },
  },
  {
    name: "most of the node's memory is still not Guaranteed",
    container: container({ memory: "10Gi" }),
    qos: "Burstable",
    linux: { cpuShares: 2, oomScoreAdj: 3 },
  },
];

describe("cgroups", () => {
  for (const { name, container: only, qos, linux } of cases) {
    test(name, () => {
      const pod = podOf({ containers: [only] });
      assert.equal(qosClassOf(pod.spec), qos);
      assert.deepEqual(linuxResources(pod, only, memoryBytes), linux);
    });
  }

  test("pods lie under their class; what is guaranteed lies at the top", () => {
    const parent = (only: Container) => cgroupParentOf(podOf({ containers: [only] }), "/pods");
    assert.equal(parent(container()), "/pods/besteffort/podu1");
    assert.equal(parent(container({ cpu: "1" })), "/pods/burstable/podu1");
    assert.equal(parent(container(undefined, { cpu: "1", memory: "1Gi" })), "/pods/podu1");
  });
});
