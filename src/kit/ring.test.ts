import assert from "node:assert/strict";
import { test } from "node:test";
import { Ring } from "./ring.ts";

test("a ring keeps the newest and says when what was asked for is gone", () => {
  const ring = new Ring<string>(3);
  for (const item of ["a", "b", "c", "d"]) ring.push(item);
  assert.equal(ring.oldest, 1);
  assert.equal(ring.next, 4);
  assert.equal(ring.slice(0, 10), undefined);
  assert.deepEqual(ring.slice(1, 2), ["b", "c"]);
  assert.deepEqual(ring.slice(4, 2), []);
  assert.equal(ring.at(0), undefined);
  assert.equal(ring.at(3), "d");
});

test("the first item of a sorted ring for which something holds is found across the wrap", () => {
  const ring = new Ring<number>(4);
  for (let i = 0; i < 10; i++) ring.push(i * 10);
  assert.equal(
    ring.firstWhere((value) => value > 65),
    7,
  );
  assert.equal(
    ring.firstWhere((value) => value > 1000),
    ring.next,
  );
  assert.equal(
    ring.firstWhere(() => true),
    ring.oldest,
  );
});
