/** What kubectl shows of a running cluster. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Machine, needsRealContainers, startMachine, webImage } from "../support/machine.ts";

describe("kubectl reads", needsRealContainers, () => {
  let machine: Machine;
  before(async () => {
    machine = await startMachine();
  });
  after(() => machine[Symbol.asyncDispose]());

  for (const version of ["1.20", "1.35"] as const) {
    test(`nodes, ${version}`, async () => {
      const kubectl = await machine.kubectl(version);
      const [head, row] = await kubectl.table("get nodes");
      assert.deepEqual(head, ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]);
      assert.deepEqual(row?.slice(1, 3), ["Ready", "<none>"]);
    });
  }
  test("x", async () => {
    const kubectl = await machine.kubectl("1.35", "x");
    await kubectl.ok(`create deployment web --image=${webImage} --replicas=2`);
    assert.match(await kubectl.ok("rollout status deployment web --timeout=20s"), /successfully rolled out$/);
  });
});
