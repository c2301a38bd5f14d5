import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Secret } from "#api/core/v1/secret.ts";
import { credentialsFor } from "./registry-credentials.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function secret(auths: Record<string, object>, old = false): Secret {
  const key = old ? ".dockercfg" : ".dockerconfigjson";
  const type = old ? "kubernetes.io/dockercfg" : "kubernetes.io/dockerconfigjson";
  const data = { [key]: base64(JSON.stringify(old ? auths : { auths })) };
  return { apiVersion: "v1", kind: "Secret", metadata: {}, type, data } as unknown as Secret;
}

const users = (image: string, ...secrets: Secret[]) => credentialsFor(image, secrets).map(({ username }) => username);

describe("credentials of a registry", () => {
  const some = secret({
    "https://index.docker.io/v1/": { username: "hub", password: "p" },
    "registry.example.com": { username: "whole", password: "p" },
    "registry.example.com/team": { username: "team", password: "p" },
    "https://other.example.com:5000": { auth: base64("from-auth:p:with:colons") },
    "*.wild.example.com": { username: "wild", password: "p" },
  });
  const cases: readonly [image: string, users: string[]][] = [
    ["nginx", ["hub"]],
    ["library/nginx:1.27", ["hub"]],
    ["docker.io/library/nginx", ["hub"]],
    ["registry.example.com/app:1", ["whole"]],
    ["registry.example.com/team/app@sha256:00", ["team", "whole"]],
    ["other.example.com:5000/app", ["from-auth"]],
    ["other.example.com/app", []],
    ["a.wild.example.com/app", ["wild"]],
    ["a.b.wild.example.com/app", []],
    ["localhost/app", []],
  ];
  for (const [image, expected] of cases) test(image, () => assert.deepEqual(users(image, some), expected));

  test("a password may hold colons", () => {
    assert.equal(credentialsFor("other.example.com:5000/app", [some])[0]?.password, "p:with:colons");
  });

  test("the older form of secret", () => {
    assert.deepEqual(users("nginx", secret({ "docker.io": { username: "old", password: "p" } }, true)), ["old"]);
  });

  test("a secret that cannot be read is passed over", () => {
    const broken = { ...some, data: { ".dockerconfigjson": base64("{") } };
    assert.deepEqual(users("nginx", broken, some), ["hub"]);
  });
});
