import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { test } from "node:test";
import { Namespaces, Nodes, Pods, Secrets, ServiceAccounts } from "#api/catalog.ts";
import type { UserInfo } from "#client/transport.ts";
import { authenticatorUnion } from "../authn/authenticator.ts";
import { accountAuthenticator } from "../authn/service-account.ts";
import { pod, refused, type TestServer, testServer } from "../test-server.ts";
import { signingKey, signToken } from "./signed-token.ts";

const hour = 3600_000;
const issuer = "https://kubernetes.default.svc.cluster.local";
const agent: UserInfo = { name: "system:node:n", groups: ["system:nodes", "system:authenticated"] };

/** A clock that a test turns. */
function turning() {
  const clock = { at: Date.parse("2030-01-01T00:00:00Z"), now: () => clock.at, after: () => () => {} };
  return clock;
}

interface Asked {
  readonly audiences?: string[];
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: object;
}

async function request(server: TestServer, name: string, spec: Asked = {}, user?: UserInfo) {
  const client = user ? server.as(user) : server.client;
  const answer = await client.createSub(ServiceAccounts, { namespace: "default", name }, "token", { spec });
  const { status, spec: said } = answer as { status: { token: string; expirationTimestamp: string }; spec: Asked };
  return { ...status, audiences: said.audiences };
}

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const whoIs = (server: TestServer) => authenticatorUnion([accountAuthenticator(server.api.tokens)]);
const unauthorized = refused("Unauthorized", "Unauthorized");

test("a token says whose it is, for whom and how long, and its bearer is the account", async () => {
  const clock = turning();
  await using server = await testServer({ clock });
  const account = await server.client.create(ServiceAccounts, { metadata: { name: "robot", namespace: "default" } });
  const { token, expirationTimestamp, audiences } = await request(server, "robot", { expirationSeconds: 7200 });
  assert.equal(expirationTimestamp, "2030-01-01T02:00:00Z");
  assert.deepEqual(audiences, [issuer]);
  const { jti, ...claims } = claimsOf(token);
  const { uid } = account.metadata;
  const now = clock.at / 1000;
  assert.deepEqual(claims, {
    aud: [issuer],
    iss: issuer,
    ...{ iat: now, nbf: now, exp: now + 7200 },
    "kubernetes.io": { namespace: "default", serviceaccount: { name: "robot", uid } },
    sub: "system:serviceaccount:default:robot",
  });
  const who = whoIs(server);
  assert.deepEqual(await who(bearer(token)), {
    name: "system:serviceaccount:default:robot",
    uid,
    groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    extra: { "authentication.kubernetes.io/credential-id": [`JTI=${jti}`] },
  });
  assert.equal(await who(bearer(token)), await who(bearer(token)), "one user for all requests with the token");
  clock.at += 2 * hour + 1000;
  await assert.rejects(who(bearer(token)), unauthorized);
});

test("what is not signed by the cluster, or for somebody else, is nobody's", async () => {
  await using server = await testServer();
  const { token } = await request(server, "default");
  const who = whoIs(server);
  await who(bearer(token));
  const [head = "", body = "", signature = ""] = token.split(".");
  const forged = Buffer.from(JSON.stringify({ ...claimsOf(token), sub: "system:serviceaccount:kube-system:x" }));
  const foreign = signingKey(
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  );
  const unsigned = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
  for (const wrong of [
    `${head}.${forged.toString("base64url")}.${signature}`,
    `${unsigned}.${body}.${signature}`,
    signToken(foreign, claimsOf(token)),
    signToken(foreign, { ...claimsOf(token), iss: "https://elsewhere" }),
    "a.b.c",
    "abc",
  ]) {
    await assert.rejects(who(bearer(wrong)), unauthorized, wrong);
  }
  const vault = await request(server, "default", { audiences: ["vault"] });
  await assert.rejects(who(bearer(vault.token)), unauthorized);
  assert.deepEqual(server.api.tokens.verify(vault.token, ["vault", "x"])?.audiences, ["vault"]);
});

test("keys of both kinds are published as others need them", async () => {
  for (const pair of [
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ]) {
    const key = signingKey(pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string);
    const [head = "", body = "", signature = ""] = signToken(key, { sub: "x" }).split(".");
    assert.deepEqual(JSON.parse(Buffer.from(head, "base64url").toString()), { alg: key.jwk.alg, kid: key.jwk.kid });
    const publicKey = { key: createPublicKey({ key: key.jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" } as const;
    assert.ok(verify("sha256", Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, "base64url")));
  }
  const other = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  assert.throws(() => signingKey(other), /must be RSA, or EC on the curve P-256/);
});

test("a token ends with its account, its pod or its secret", async () => {
  const clock = turning();
  await using server = await testServer({ clock });
  const { client } = server;
  const named = (name: string) => ({ metadata: { name, namespace: "default" } });
  await client.create(ServiceAccounts, named("robot"));
  await client.create(Pods, pod("web", { serviceAccountName: "robot" }));
  await client.create(Secrets, named("s"));
  const ref = (kind: string, name: string) => ({ boundObjectRef: { apiVersion: "v1", kind, name } });
  const [ofAccount, ofPod, ofSecret] = await Promise.all([
    request(server, "robot"),
    request(server, "robot", ref("Pod", "web")),
    request(server, "robot", ref("Secret", "s")),
  ]);
  const who = whoIs(server);
  const { extra } = await who(bearer(ofPod.token));
  assert.deepEqual(extra?.["authentication.kubernetes.io/pod-name"], ["web"]);
  await client.delete(Pods, { namespace: "default", name: "web" }, { gracePeriodSeconds: 0 });
  await assert.rejects(who(bearer(ofPod.token)), unauthorized);
  await client.create(Pods, pod("web", { serviceAccountName: "robot" }));
  await assert.rejects(who(bearer(ofPod.token)), unauthorized, "another pod of the name");
  await who(bearer(ofSecret.token));
  await client.delete(Secrets, { namespace: "default", name: "s" });
  await assert.rejects(who(bearer(ofSecret.token)), unauthorized);
  await who(bearer(ofAccount.token));
  await client.delete(ServiceAccounts, { namespace: "default", name: "robot" });
  await client.create(ServiceAccounts, named("robot"));
  await assert.rejects(who(bearer(ofAccount.token)), unauthorized, "another account of the name");
});

test("what tokens cannot be asked for", async () => {
  await using server = await testServer();
  const { client } = server;
  await client.create(Pods, pod("web"));
  await client.create(ServiceAccounts, { metadata: { name: "robot", namespace: "default" } });
  const web = { apiVersion: "v1", kind: "Pod", name: "web" };
  const cases: [string, Asked, ReturnType<typeof refused>][] = [
    ["nobody", {}, refused("NotFound", 'serviceaccounts "nobody" not found')],
    ["robot", { expirationSeconds: 10 }, refused("Invalid", /may not specify a duration less than 10 minutes/)],
    ["robot", { boundObjectRef: { ...web, name: "x" } }, refused("NotFound", 'pods "x" not found')],
    ["robot", { boundObjectRef: web }, refused("BadRequest", /to pod running with different serviceaccount name/)],
    ["default", { boundObjectRef: { ...web, uid: "x" } }, refused("Conflict", /does not match the UID in record/)],
    [
      "default",
      { boundObjectRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" } },
      refused("BadRequest", "cannot bind token for object of type apps/v1, Kind=Deployment"),
    ],
  ];
  for (const [name, spec, expected] of cases) await assert.rejects(request(server, name, spec), expected);
});

test("a node gets tokens only for pods that run on it, for whom they name", async () => {
  await using server = await testServer();
  const { client } = server;
  for (const name of ["n", "other"]) await client.create(Nodes, { metadata: { name } });
  const volumes = [{ name: "t", projected: { sources: [{ serviceAccountToken: { path: "t", audience: "vault" } }] } }];
  const mine = await client.create(Pods, pod("mine", { nodeName: "n", volumes, automountServiceAccountToken: false }));
  const theirs = await client.create(Pods, pod("theirs", { nodeName: "other" }));
  await client.create(ServiceAccounts, { metadata: { name: "unused", namespace: "default" } });
  const ref = ({ metadata: { name, uid } }: typeof mine) => ({ apiVersion: "v1", kind: "Pod", name, uid });
  const ask = (spec: Asked, name = "default") => request(server, name, spec, agent);
  const { token } = await ask({ boundObjectRef: ref(mine), audiences: ["vault"] });
  assert.equal(claimsOf(token)["kubernetes.io"].node.name, "n");
  const own = await ask({ boundObjectRef: ref(mine), audiences: ["vault"], expirationSeconds: 3607 });
  assert.equal(claimsOf(own.token).exp - claimsOf(own.token).iat, 3607, "only the API's own tokens last longer");
  for (const [spec, why, name] of [
    [{}, /node requested token not bound to a pod$/],
    [{ boundObjectRef: { ...ref(mine), uid: undefined } }, /with a pod binding without a uid$/],
    [{ boundObjectRef: { ...ref(mine), uid: "x" } }, /does not match the UID in record/],
    [{ boundObjectRef: ref(theirs) }, /bound to a pod scheduled on a different node$/],
    [{ boundObjectRef: ref(mine), audiences: ["x"] }, /audience "x" not found in pod spec volume$/],
    [{ boundObjectRef: ref(mine) }, /not found in pod spec volume$/],
    [{ boundObjectRef: ref(mine) }, /no relationship found between node 'n' and this object$/, "unused"],
  ] as [Asked, RegExp, string?][]) {
    await assert.rejects(ask(spec, name), refused("Forbidden", why));
  }
});

test("what pods are given is for the API for a year, and says after which hour it should be renewed", async () => {
  const clock = turning();
  await using server = await testServer({ clock });
  const web = await server.client.create(Pods, pod("web"));
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "web", uid: web.metadata.uid };
  const { token, expirationTimestamp } = await request(server, "default", { boundObjectRef, expirationSeconds: 3607 });
  assert.equal(expirationTimestamp, "2030-01-01T01:00:07Z");
  const claims = claimsOf(token);
  assert.equal(claims.exp - claims.iat, 365 * 24 * 3600);
  assert.equal(claims["kubernetes.io"].warnafter, claims.iat + 3607);
});

test("tokens of Secrets are good as long as the Secret holds them", async () => {
  await using server = await testServer();
  const { client, api } = server;
  await client.create(Namespaces, { metadata: { name: "ops" } });
  const account = await client.create(ServiceAccounts, { metadata: { name: "old", namespace: "ops" } });
  const { uid } = account.metadata;
  const token = api.tokens.issueLegacy({ namespace: "ops", name: "old", uid, secret: "old-token" });
  const who = whoIs(server);
  await assert.rejects(who(bearer(token)), unauthorized);
  const metadata = {
    name: "old-token",
    namespace: "ops",
    annotations: { "kubernetes.io/service-account.name": "old" },
  };
  const data = { token: Buffer.from(token).toString("base64") };
  await client.create(Secrets, { metadata, type: "kubernetes.io/service-account-token", data });
  assert.equal((await who(bearer(token))).name, "system:serviceaccount:ops:old");
  await client.delete(Secrets, { namespace: "ops", name: "old-token" });
  await assert.rejects(who(bearer(token)), unauthorized);
});
