import assert from "node:assert/strict";
import { test } from "node:test";
import * as formats from "./formats.ts";

const rejects: readonly [formats.Check, string, RegExp][] = [
  [formats.isDns1123Label, "A", /^a lowercase RFC 1123 label must .* \(e\.g\. 'my-name', {2}or '123-abc', regex used/],
  [formats.isDns1123Label, "a.b", /^must not contain dots$/],
  [formats.isDns1123Label, "a".repeat(64), /^must be no more than 63 bytes$/],
  [formats.isDns1123Subdomain, "a_b", /^a lowercase RFC 1123 subdomain .* \(e\.g\. 'example\.com', regex used/],
  [formats.isDns1035Label, "1a", /^a DNS-1035 label must consist/],
  [formats.isWildcardDns1123Subdomain, "example.com", /^a wildcard DNS-1123 subdomain must start with '\*\.'/],
  [formats.isQualifiedName, "/a", /^prefix part must be non-empty$/],
  [
    formats.isQualifiedName,
    "a/b/c",
    /^a qualified name must consist .* with an optional DNS subdomain prefix and '\/'/,
  ],
  [formats.isQualifiedName, "-a", /^name part must consist of alphanumeric characters/],
  [formats.isQualifiedName, "A.b/c", /^prefix part a lowercase RFC 1123 subdomain/],
  [formats.isLabelValue, "a b", /^a valid label must be an empty string or consist/],
  [formats.isCIdentifier, "1a", /^a valid C identifier/],
  [formats.isPortName, "a--b", /^must not contain consecutive hyphens$/],
  [formats.isPortName, "80", /^must contain at least one letter \(a-z\)$/],
  [formats.isPortName, "-a", /^must not begin or end with a hyphen$/],
  [formats.isPortName, "abcdefghijklmnop", /^must be no more than 15 bytes$/],
  [formats.isIpAddress, "1.2.3", /^must be a valid IP address, \(e\.g\. 10\.9\.8\.7 or 2001:db8::ffff\)$/],
  [formats.isPercent, "5", /^a valid percent string must be a numeric string followed by an ending '%'/],
  [formats.isEnvVarName, "a=b", /^a valid environment variable name must consist only of printable ASCII/],
  [formats.isStrictEnvVarName, "1a", /^a valid environment variable name must consist of alphabetic/],
  [formats.isConfigMapKey, "..a", /^must not start with '\.\.'$/],
  [
    formats.isConfigMapKey,
    "a/b",
    /^a valid config key must consist of alphanumeric characters, '-', '_' or '\.' \(e\.g/,
  ],
  [formats.isPathSegment, "..", /^may not be '\.\.'$/],
  [formats.isPathSegment, "a/b", /^may not contain '\/'$/],
  [formats.isHttpHeaderName, "a b", /^a valid HTTP header must consist/],
];

test("what each check refuses, and how it says so", () => {
  for (const [check, value, message] of rejects) {
    const problems = check(value);
    assert.equal(problems.length, 1, `${value}: ${problems.join(" | ")}`);
    assert.match(problems[0]!, message);
  }
});

test("what each check takes", () => {
  const accepts: readonly [formats.Check, readonly string[]][] = [
    [formats.isDns1123Label, ["a", "a-1", "1"]],
    [formats.isDns1123Subdomain, ["a", "a.b-c.d"]],
    [formats.isDns1035Label, ["a", "a-1"]],
    [formats.isWildcardDns1123Subdomain, ["*.example.com"]],
    [formats.isQualifiedName, ["a", "A_b.c", "example.com/Name"]],
    [formats.isLabelValue, ["", "a", "A.b_c"]],
    [formats.isPortName, ["http", "a-1"]],
    [formats.isIpAddress, ["10.0.0.1", "::1"]],
    [formats.isPercent, ["25%"]],
    [formats.isEnvVarName, ["A", "1 b-c"]],
    [formats.isConfigMapKey, ["a.b", ".bashrc"]],
    [formats.isPathSegment, ["system:node:a", "a b"]],
  ];
  for (const [check, values] of accepts) for (const value of values) assert.deepEqual(check(value), [], value);
});

test("labels and annotations", () => {
  assert.deepEqual(formats.labelProblems({ app: "web" }, "metadata.labels"), []);
  const [problem] = formats.labelProblems({ app: "a b" }, "metadata.labels");
  assert.equal(problem?.field, "metadata.labels");
  assert.match(problem?.message ?? "", /^Invalid value: "a b": a valid label must/);
  assert.deepEqual(formats.annotationProblems({ "Example.COM/A": "x y" }, "metadata.annotations"), []);
  assert.deepEqual(formats.annotationProblems({ a: "x".repeat(262144) }, "metadata.annotations"), [
    {
      reason: "FieldValueTooLong",
      field: "metadata.annotations",
      message: "Too long: may not be more than 262144 bytes",
    },
  ]);
});
