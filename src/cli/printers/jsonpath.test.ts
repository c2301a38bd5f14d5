import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateJsonPath, JsonPathError } from "./jsonpath.ts";

const list = {
  kind: "List",
  items: [
    {
      metadata: { name: "a", labels: { "app.kubernetes.io/name": "x" } },
      status: { phase: "Running", ips: ["1", "2", "3"], ready: true },
    },
    { metadata: { name: "b" }, status: { phase: "Pending", ips: [], ready: false } },
  ],
};

const cases: [string, string][] = [
  ["{.kind}", "List"],
  [".kind", "List"],
  ["kind", "List"],
  ["{$.kind}", "List"],
  ["{.items[*].metadata.name}", "a b"],
  ["{.items[0].metadata.name}", "a"],
  ["{.items[-1:].metadata.name}", "b"],
  ["{.items[-1].metadata.name}", "b"],
  ["{.items[0].status.ips[0:2]}", "1 2"],
  ["{.items[0].status['phase','ready']}", "Running true"],
  ['{range .items[*]}{.metadata.name}={.status.phase}{"\\n"}{end}', "a=Running\nb=Pending\n"],
  ['{.items[?(@.metadata.name=="b")].status.phase}', "Pending"],
  ["{.items[?(@.status.ready==true)].metadata.name}", "a"],
  ["{.items[?(@.metadata.labels)].metadata.name}", "a"],
  ["{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x"],
  ["{..name}", "a b"],
  ["{.items[1].status.ips}", "[]"],
  ["names: {.items[*].metadata.name}!", "names: a b!"],
  ["{.missing.more}", ""],
];
for (const [template, expected] of cases) {
  test(`jsonpath ${template}`, () => assert.equal(evaluateJsonPath(template, list), expected));
}

for (const broken of ["{.a", "{range .items[*]}x", "{.items[}", "{end}", "{.items[?(@.a}]"]) {
  test(`jsonpath ${broken} is refused`, () => assert.throws(() => evaluateJsonPath(broken, list), JsonPathError));
}
