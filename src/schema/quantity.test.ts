import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addQuantities,
  canonicalQuantity,
  canonicalResourceAmount,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityOf,
  quantityValue,
  subtractQuantities,
} from "./quantity.ts";

test("the canonical text", () => {
  const cases: readonly [string | number, string][] = [
    ["0", "0"],
    ["0Ki", "0"],
    ["-", "0"],
    ["1000m", "1"],
    ["0.5", "500m"],
    [0.5, "500m"],
    [2, "2"],
    ["1024Ki", "1Mi"],
    ["1023Ki", "1023Ki"],
    ["0.5Gi", "512Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["0.1Ki", "102400m"],
    ["1000Ki", "1000Ki"],
    ["1000k", "1M"],
    ["1000", "1k"],
    ["1e3", "1e3"],
    ["12E6", "12e6"],
    ["1200e4", "12e6"],
    ["1e-3", "1e-3"],
    ["1.5E", "1500P"],
    ["1000E", "1000E"],
    ["-1500m", "-1500m"],
    ["+3", "3"],
    ["1n", "1n"],
    ["0.0000000001", "1n"],
    ["-0.0000000001", "-1n"],
    ["1e-50", "1e-9"],
    ["1.G", "1G"],
    ["100Ei", "9223372036854775807"],
    [" 5Gi ", "5Gi"],
  ];
  for (const [text, expected] of cases) assert.equal(canonicalQuantity(text), expected, String(text));
});

test("what is no quantity is refused in Kubernetes' words", () => {
  const format = /^Error: quantities must match the regular expression '\^\(\[\+-\]/;
  for (const text of ["", "abc", "1.2.3", "1 Gi", "1Gi5x", "true"])
    assert.throws(() => parseQuantity(text), format, text);
  for (const text of ["1Kb", "1GiB", "1g"]) assert.throws(() => parseQuantity(text), format, text);
  for (const text of ["1e", "1KM", "1ii", "1K", "--1"])
    assert.throws(() => parseQuantity(text), /^Error: unable to parse quantity's suffix$/, text);
  for (const text of ["1e999999999", "9".repeat(1000)])
    assert.throws(() => parseQuantity(text), /unable to parse numeric part/, text);
});

test("arithmetic is exact and keeps the format of the first amount that is not zero", () => {
  const sum = (a: string, b: string) => formatQuantity(addQuantities(parseQuantity(a), parseQuantity(b)));
  assert.equal(sum("100m", "900m"), "1");
  assert.equal(sum("1Gi", "1G"), "2073741824");
  assert.equal(sum("0", "1Gi"), "1Gi");
  assert.equal(sum("9007199254740993", "1"), "9007199254740994");
  assert.equal(formatQuantity(subtractQuantities(parseQuantity("1"), parseQuantity("250m"))), "750m");
  assert.equal(formatQuantity(subtractQuantities(parseQuantity("1Mi"), parseQuantity("1Ki"))), "1023Ki");
});

test("comparison looks at the amount alone", () => {
  assert.equal(compareQuantities(parseQuantity("1Ki"), parseQuantity("1024")), 0);
  assert.equal(compareQuantities(parseQuantity("1k"), parseQuantity("1Ki")), -1);
  assert.equal(compareQuantities(parseQuantity("1"), parseQuantity("999m")), 1);
});

test("values round up", () => {
  assert.equal(quantityValue("1500m"), 2);
  assert.equal(quantityValue("-1500m"), -2);
  assert.equal(quantityValue("1n"), 1);
  assert.equal(quantityMilliValue("1u"), 1);
  assert.equal(quantityMilliValue("2.5"), 2500);
  assert.equal(quantityValue(quantityOf(3)), 3);
  assert.equal(canonicalResourceAmount("100u"), "1m");
  assert.equal(canonicalResourceAmount("1.0005"), "1001m");
});
