import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "#api/meta/api-error.ts";
import { negotiate } from "./negotiate.ts";

const shown = (accept: string | undefined, query = "", agent = "kubectl/v1.32.4") => {
  const format = negotiate({ accept, "user-agent": agent }, new URLSearchParams(query));
  return `${format.media} ${format.shape}${format.pretty ? " pretty" : ""}`;
};

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

const cases: readonly [accept: string | undefined, wanted: string][] = [
  [undefined, "application/json object"],
  ["*/*", "application/json object"],
  ["application/json", "application/json object"],
  ["application/yaml", "application/yaml object"],
  ["application/vnd.kubernetes.protobuf,application/json", "application/json object"],
  [`${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`, "application/json Table"],
  ["application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "application/json object"],
  ["application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", "application/json PartialObjectMetadataList"],
  ["application/yaml;q=0.1,application/json;q=0.9", "application/json object"],
  ["text/html,application/*;q=0.2", "application/json object"],
  ["application/json;pretty=1", "application/json object pretty"],
];

for (const [accept, wanted] of cases) test(`Accept ${accept}`, () => assert.equal(shown(accept), wanted));

test("people get lines and indentation", () => {
  assert.equal(shown("*/*", "", "curl/8.0"), "application/json object pretty");
  assert.equal(shown("application/json", "", "curl/8.0"), "application/json object pretty");
  assert.equal(shown("*/*", "pretty=false", "curl/8.0"), "application/json object");
  assert.equal(shown("*/*", "pretty=true"), "application/json object pretty");
});

test("what cannot be given is refused", () => {
  for (const accept of ["text/html", "application/xml, application/cbor", "application/json;as=Nothing;g=a;v=v1"]) {
    assert.throws(
      () => shown(accept),
      (error) => error instanceof ApiError && error.code === 406 && error.reason === "NotAcceptable",
    );
  }
});
