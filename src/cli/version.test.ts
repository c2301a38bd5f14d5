import assert from "node:assert/strict";
import { test } from "node:test";
import packageJson from "../../package.json" with { type: "json" };
import { version } from "./version.ts";

test("the program and its package have one version", () => assert.equal(version, packageJson.version));
