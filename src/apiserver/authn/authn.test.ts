import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "#api/meta/api-error.ts";
import { refusal, union } from "../authz/authorizer.ts";
import { masters } from "../authz/masters.ts";
import { authenticatorUnion } from "./authenticator.ts";
import { certificateAuthenticator } from "./client-certificate.ts";
import { impersonated } from "./impersonation.ts";
import { parseTokenFile, tokenAuthenticator } from "./token-file.ts";

const tokens = parseTokenFile('secret,ann,u1,"dev,ops"\n\n# a comment\nother, bob ,u2\n"with ""quote""",carl,\n');
const authenticate = authenticatorUnion([certificateAuthenticator, tokenAuthenticator(tokens)]);
const known = "system:authenticated";

const fails = (reason: string, code: number) => (error: unknown) =>
  error instanceof ApiError && error.reason === reason && error.code === code;

test("nobody is anonymous", async () => {
  const nobody = { name: "system:anonymous", groups: ["system:unauthenticated"] };
  assert.deepEqual(await authenticate({}), nobody);
  assert.deepEqual(await authenticate({ authorization: "Basic YTpi" }), nobody);
});

test("tokens are looked up in the file", async () => {
  assert.deepEqual(await authenticate({ authorization: "Bearer secret" }), {
    name: "ann",
    uid: "u1",
    groups: ["dev", "ops", known],
  });
  assert.deepEqual(await authenticate({ authorization: "bearer other" }), { name: "bob", uid: "u2", groups: [known] });
  await assert.rejects(authenticate({ authorization: "Bearer wrong" }), fails("Unauthorized", 401));
});

test("a token file with a line that is none says which", () => {
  assert.throws(() => parseTokenFile("a,b,c\nbad\n"), /line 2/);
});

test("a certificate names its user and groups, if an authority of ours has signed it", async () => {
  const certificate = { verified: true, commonName: "ann", organizations: ["dev"] };
  assert.deepEqual(await authenticate({ certificate }), { name: "ann", groups: ["dev", known] });
  const forged = { ...certificate, verified: false };
  await assert.rejects(authenticate({ certificate: forged }), fails("Unauthorized", 401));
  assert.equal((await authenticate({ certificate: forged, authorization: "Bearer secret" })).name, "ann");
});

test("who may can act as somebody else", async () => {
  const admin = { name: "root", groups: ["system:masters"] };
  const as = (headers: Record<string, string>, user = admin) =>
    impersonated(user, headers, async (attributes) => {
      const { verdict, reason } = await union([masters]).authorize(attributes);
      if (verdict !== "allow") throw refusal(attributes, reason);
    });
  assert.equal(await as({}), admin);
  assert.deepEqual(await as({ "impersonate-user": "eve", "impersonate-group": "a, b", "impersonate-extra-why": "x" }), {
    name: "eve",
    groups: ["a", "b", known],
    extra: { why: ["x"] },
  });
  const account = await as({ "impersonate-user": "system:serviceaccount:ns:sa" });
  assert.deepEqual(account.groups, ["system:serviceaccounts", "system:serviceaccounts:ns", known]);
  await assert.rejects(as({ "impersonate-group": "a" }), fails("BadRequest", 400));
  await assert.rejects(
    as({ "impersonate-user": "eve" }, { name: "bob", groups: [] }),
    /users "eve" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope/,
  );
});
