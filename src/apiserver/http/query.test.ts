import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "#api/meta/api-error.ts";
import type { PatchType, Verb } from "#client/transport.ts";
import { deleteOptionsOf, requestOptions } from "./query.ts";

const read = (verb: Verb, query: string, patch?: PatchType) => requestOptions(verb, new URLSearchParams(query), patch);

test("what is said is taken over, what is not is left out", () => {
  assert.deepEqual(read("list", "labelSelector=a%3Db&limit=5&continue=&resourceVersion=0"), {
    labelSelector: "a=b",
    limit: 5,
    resourceVersion: "0",
  });
  assert.deepEqual(read("watch", "watch=1&allowWatchBookmarks=true&timeoutSeconds=30"), {
    allowWatchBookmarks: true,
    timeoutSeconds: 30,
  });
  assert.deepEqual(read("create", "dryRun=All&fieldManager=me&fieldValidation=Strict"), {
    dryRun: true,
    fieldManager: "me",
    fieldValidation: "Strict",
  });
});

test("every text but false and 0 is true", () => {
  for (const text of ["true", "1", "", "no"])
    assert.equal(read("patch", `force=${text}&fieldManager=m`, "apply").force, true);
  for (const text of ["false", "0"]) assert.equal(read("patch", `force=${text}&fieldManager=m`, "apply").force, false);
});

test("deletion options in the query", () => {
  const of = (query: string) => deleteOptionsOf(new URLSearchParams(query));
  assert.equal(of(""), undefined);
  assert.deepEqual(of("gracePeriodSeconds=0&propagationPolicy=Orphan"), {
    gracePeriodSeconds: 0,
    propagationPolicy: "Orphan",
  });
});

const wrong: readonly [Verb, string, number, string, PatchType?][] = [
  ["list", "limit=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ["list", "limit=9223372036854775808", 400, 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
  ["watch", "timeoutSeconds=1.5", 400, 'strconv.ParseInt: parsing "1.5": invalid syntax'],
  [
    "create",
    "dryRun=some",
    422,
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["some"]: supported values: "All"',
  ],
  [
    "update",
    "fieldValidation=Maybe",
    422,
    'UpdateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": supported values: "Ignore", "Strict", "Warn"',
  ],
  [
    "create",
    `fieldManager=${"m".repeat(129)}`,
    422,
    'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
  ],
  [
    "patch",
    "force=true",
    422,
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    "merge",
  ],
  [
    "patch",
    "",
    422,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    "apply",
  ],
  [
    "list",
    "resourceVersionMatch=Exact",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  ],
  [
    "list",
    "resourceVersionMatch=Exact&resourceVersion=0",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    "watch",
    "sendInitialEvents=true",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
  [
    "watch",
    "resourceVersionMatch=NotOlderThan",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  ],
];

for (const [verb, query, code, message, patch] of wrong) {
  test(`${verb} ?${query.slice(0, 60)} is refused`, () => {
    assert.throws(
      () => read(verb, query, patch),
      (error) => error instanceof ApiError && error.code === code && error.message === message,
    );
  });
}
