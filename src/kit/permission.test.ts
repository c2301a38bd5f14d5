import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { checkPermission, withPermission } from "./permission.ts";

test("what is asked deep inside and after a wait is the condition it was begun under", async () => {
  let holds = true;
  const check = () => {
    if (!holds) throw new Error("over");
  };
  const work = async () => {
    await wait(1);
    checkPermission();
    holds = false;
    await wait(1);
    checkPermission();
  };
  await assert.rejects(withPermission(check, work), /over/);
  checkPermission(); // outside there is no condition
});
