import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import { forbidden } from "#api/meta/api-error.ts";
import type { Client } from "#client/client.ts";
import { silentLogger } from "#kit/log.ts";
import { AccountTokens } from "./account-tokens.ts";
import { Unanswered } from "./references.ts";

const pod = { metadata: { name: "web", namespace: "n", uid: "u" }, spec: { serviceAccountName: "robot" } } as Pod;
const hour = 3600_000;

function tokensOf() {
  const clock = { at: 0, now: () => clock.at, after: () => () => {} };
  const asked: Readonly<Record<string, unknown>>[] = [];
  const state: { failure?: Error } = {};
  const createSub: Client["createSub"] = async (_, key, subresource, object) => {
    if (state.failure) throw state.failure;
    const { spec } = object as { spec: { expirationSeconds: number } };
    asked.push({ ...key, subresource, ...spec });
    const expirationTimestamp = new Date(clock.at + spec.expirationSeconds * 1000).toISOString();
    return { status: { token: `token ${asked.length}`, expirationTimestamp } };
  };
  return { tokens: new AccountTokens({ client: { createSub }, clock, log: silentLogger }), clock, asked, state };
}

test("a token is asked for once, for the pod it is bound to, and again when four fifths of its life are over", async () => {
  const { tokens, clock, asked } = tokensOf();
  const newest = () => asked.at(-1);
  const wish = { expirationSeconds: 3600 };
  const two = await Promise.all([tokens.token(pod, wish), tokens.token(pod, wish)]);
  assert.deepEqual(two, ["token 1", "token 1"]);
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "web", uid: "u" };
  assert.deepEqual(asked, [
    { namespace: "n", name: "robot", subresource: "token", expirationSeconds: 3600, boundObjectRef },
  ]);
  assert.equal(await tokens.token(pod, { ...wish, audience: "vault" }), "token 2");
  assert.deepEqual(newest()?.audiences, ["vault"]);
  clock.at = 0.8 * hour - 1;
  assert.equal(await tokens.token(pod, wish), "token 1");
  clock.at = 0.8 * hour;
  assert.equal(await tokens.token(pod, wish), "token 3");
  assert.equal(await tokens.token(pod, { expirationSeconds: 30 * 24 * 3600 }), "token 4");
  clock.at += 24 * hour;
  assert.equal(await tokens.token(pod, { expirationSeconds: 30 * 24 * 3600 }), "token 5", "none gets older than a day");
  tokens.forget("u");
  assert.equal(await tokens.token(pod, wish), "token 6");
});

test("while nobody answers the old token serves as long as it is valid", async () => {
  const { tokens, clock, state } = tokensOf();
  const wish = { expirationSeconds: 3600 };
  await tokens.token(pod, wish);
  state.failure = new Error("connect ECONNREFUSED");
  clock.at = 0.9 * hour;
  assert.equal(await tokens.token(pod, wish), "token 1");
  clock.at = hour;
  await assert.rejects(tokens.token(pod, wish), Unanswered);
  state.failure = forbidden({ group: "", plural: "serviceaccounts" }, "robot", "no");
  await assert.rejects(tokens.token(pod, wish), { reason: "Forbidden" });
  delete state.failure;
  assert.equal(await tokens.token(pod, wish), "token 2");
});
