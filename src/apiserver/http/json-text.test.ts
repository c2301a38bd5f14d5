import assert from "node:assert/strict";
import { test } from "node:test";
import { duplicateKeys, jsonSyntaxError } from "./json-text.ts";

const broken: Readonly<Record<string, string>> = {
  "": "unexpected end of JSON input",
  "{": "unexpected end of JSON input",
  "{a": "invalid character 'a' looking for beginning of object key string",
  '{"a"}': "invalid character '}' after object key",
  '{"a":}': "invalid character '}' looking for beginning of value",
  '{"a":1,}': "invalid character '}' looking for beginning of object key string",
  '{"a":1 "b"': "invalid character '\"' after object key:value pair",
  "[1 2]": "invalid character '2' after array element",
  "[1,]": "invalid character ']' looking for beginning of value",
  "{}x": "invalid character 'x' after top-level value",
  '"a\nb"': "invalid character '\\n' in string literal",
  '"\\x"': "invalid character 'x' in string escape code",
  '"\\u12g4"': "invalid character 'g' in \\u hexadecimal character escape",
  trux: "invalid character 'x' in literal true (expecting 'e')",
  "-a": "invalid character 'a' in numeric literal",
  "1.": "unexpected end of JSON input",
  "1.x": "invalid character 'x' after decimal point in numeric literal",
  "1e,": "invalid character ',' in exponent of numeric literal",
  "01": "invalid character '1' after top-level value",
  "'a'": "invalid character '\\'' looking for beginning of value",
};

for (const [text, message] of Object.entries(broken)) {
  test(`${JSON.stringify(text)} is no JSON, in Go's words`, () => {
    assert.equal(jsonSyntaxError(text), message);
    assert.throws(() => JSON.parse(text));
  });
}

test("what is JSON has no error", () => {
  for (const text of ['{"a":[1,-0.5e+3,true,false,null,"\\u0041\\n"],"b":{}}', " 0 ", "[]", '"ü😀"']) {
    assert.equal(jsonSyntaxError(text), undefined);
  }
});

test("nesting without end is refused", () => {
  assert.equal(jsonSyntaxError("[".repeat(2000)), "exceeded max depth");
});

test("keys that stand twice are told by their path, once", () => {
  const text = '{"a":1,"spec":{"x":{"y":1,"y":2,"y":3},"list":[{"n":1},{"n":1,"\\u006e":2}]},"a":2}';
  assert.deepEqual(duplicateKeys(text), ["spec.x.y", "spec.list[1].n", "a"]);
  assert.deepEqual(duplicateKeys('{"a":{"b":1},"c":{"b":1}}'), []);
});
