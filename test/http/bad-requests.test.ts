/** What the server says to requests that are wrong: code, reason and message are Kubernetes' own. */
import assert from "node:assert/strict";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { Status } from "#api/meta/api-error.ts";
import { startTestServer, type TestServer } from "../support/http-server.ts";

let server: TestServer;
before(async () => {
  server = await startTestServer();
  const answer = await send({ method: "POST", path: cms, body: map("there") });
  assert.equal(answer.code, 201);
});
after(() => server.stop());

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly type?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** With the administrator's certificate unless it says otherwise. */
  readonly as?: "nobody" | "bob" | "wrong token" | "forged certificate";
}

interface Answer {
  readonly code: number;
  readonly status: Status;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

function credentials(as: Sent["as"]): { cert?: string; key?: string; token?: string } {
  switch (as) {
    case undefined:
      return server.pki.admin;
    case "bob":
      return { token: "plain-token" };
    case "wrong token":
      return { token: "nonsense" };
    case "forged certificate":
      return forged;
    default:
      return {};
  }
}

function send({ method = "GET", path, body, type = "application/json", headers = {}, as }: Sent): Promise<Answer> {
  const { token, ...tls } = credentials(as);
  return new Promise((resolve, reject) => {
    const all = {
      ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
      ...(body !== undefined && type && { "content-type": type }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    };
    const options = {
      host: "127.0.0.1",
      port: server.port,
      ca: server.pki.ca.cert,
      agent: false,
      method,
      path,
      headers: all,
      ...tls,
    };
    const outgoing = request(options, async (answer) => {
      try {
        const content = await text(answer);
        resolve({ code: answer.statusCode ?? 0, status: JSON.parse(content) as Status, headers: answer.headers });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const cms = "/api/v1/namespaces/default/configmaps";
const one = `${cms}/there`;
const map = (name: string, more = "") => `{"metadata":{"name":"${name}"}${more}}`;

/** Made by another authority that calls itself the same. */
const forged = await (async () => {
  const { issueCertificate } = await import("#cluster/certificates.ts");
  const [notBefore, notAfter] = [Date.now() - 1000, Date.now() + 3_600_000];
  const ca = issueCertificate({ commonName: "minik8s-ca", usage: "ca", notBefore, notAfter });
  const request = {
    commonName: "root",
    organizations: ["system:masters"],
    usage: "client",
    notBefore,
    notAfter,
  } as const;
  return issueCertificate(request, { ...ca, commonName: "minik8s-ca" });
})();

const unrecognized = (why: string, data: string) =>
  `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ${why} (${data})`;
const noPath = "the server could not find the requested resource";
const noMethod = "the server does not allow this method on the requested resource";
const formats =
  "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
const patchFormats =
  "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";

type Case = readonly [what: string, sent: Sent, code: number, reason: string, message: string | RegExp];

const post = (body: string | Buffer, more: Partial<Sent> = {}): Sent => ({ method: "POST", path: cms, body, ...more });
const patch = (type: string, body: string, more: Partial<Sent> = {}): Sent => ({
  method: "PATCH",
  path: one,
  body,
  type: `application/${type}`,
  ...more,
});

const cases: readonly Case[] = [
  [
    "broken JSON",
    post("{bad"),
    400,
    "BadRequest",
    unrecognized("invalid character 'b' looking for beginning of object key string", "{bad"),
  ],
  ["an empty body", post(""), 400, "BadRequest", unrecognized("unexpected end of JSON input", "<empty>")],
  [
    "JSON that breaks off",
    post('{"metadata":{'),
    400,
    "BadRequest",
    unrecognized("unexpected end of JSON input", '{"metadata":{'),
  ],
  [
    "JSON and something after it",
    post("{} x"),
    400,
    "BadRequest",
    unrecognized("invalid character 'x' after top-level value", "{} x"),
  ],
  [
    "no JSON at all",
    post("hello"),
    400,
    "BadRequest",
    unrecognized("invalid character 'h' looking for beginning of value", "68656c6c6f"),
  ],
  [
    "bytes that are no text",
    post(Buffer.from([0xff, 0xfe])),
    400,
    "BadRequest",
    /looking for beginning of value \(fffe\)$/,
  ],
  ["a list for an object", post("[]"), 400, "BadRequest", /cannot unmarshal array into Go value of type struct/],
  ["nesting without end", post(`{"a":${"[".repeat(20_000)}`), 400, "BadRequest", /exceeded max depth/],
  [
    "broken YAML",
    post("a: b: c", { type: "application/yaml" }),
    400,
    "BadRequest",
    /must be of type ConfigMap\): yaml: line 1: /,
  ],
  [
    "a kind that does not belong there",
    post('{"kind":"Secret","apiVersion":"v1"}'),
    400,
    "BadRequest",
    /^Secret in version "v1" cannot be handled as a ConfigMap: /,
  ],
  [
    "a kind that is no text",
    post('{"kind":1}'),
    400,
    "BadRequest",
    /cannot unmarshal number into Go struct field .kind of type string/,
  ],
  [
    "another version",
    post('{"kind":"ConfigMap","apiVersion":"apps/v1"}'),
    400,
    "BadRequest",
    "the API version in the data (apps/v1) does not match the expected API version (v1)",
  ],
  [
    "a number where text belongs",
    post(map("a", ',"data":{"x":1}')),
    400,
    "BadRequest",
    /^ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field/,
  ],
  [
    "text where an object belongs",
    post('{"metadata":"x"}'),
    400,
    "BadRequest",
    /cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta/,
  ],
  [
    "an unknown field, strict",
    post(map("a", ',"dada":{}'), { path: `${cms}?fieldValidation=Strict` }),
    400,
    "BadRequest",
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dada"',
  ],
  [
    "a duplicate field, strict",
    post(map("a", ',"data":{"x":"1","x":"2"}'), { path: `${cms}?fieldValidation=Strict` }),
    400,
    "BadRequest",
    /strict decoding error: duplicate field "data.x"$/,
  ],
  ["an unknown content type", post("{}", { type: "text/plain" }), 415, "UnsupportedMediaType", formats],
  ["CBOR", post("{}", { type: "application/cbor" }), 415, "UnsupportedMediaType", formats],
  ["a patch of no known kind", patch("json", "{}"), 415, "UnsupportedMediaType", patchFormats],
  ["a broken patch", patch("merge-patch+json", "{"), 400, "BadRequest", /unexpected end of JSON input/],
  [
    "a JSON patch that is no list",
    patch("json-patch+json", "{}"),
    400,
    "BadRequest",
    "json: cannot unmarshal object into Go value of type jsonpatch.Patch",
  ],
  [
    "a merge patch that is a list",
    patch("merge-patch+json", "[]"),
    400,
    "BadRequest",
    /cannot unmarshal array into Go value/,
  ],
  [
    "force without apply",
    patch("merge-patch+json", "{}", { path: `${one}?force=true` }),
    422,
    "Invalid",
    /force: Forbidden: may not be specified for non-apply patch/,
  ],
  [
    "apply without a manager",
    patch("apply-patch+yaml", "{}"),
    422,
    "Invalid",
    /fieldManager: Required value: is required for apply patch/,
  ],
  [
    "a body over the limit",
    post(map("a", `,"data":{"x":"${"x".repeat(3 * 1024 * 1024)}"}`)),
    413,
    "RequestEntityTooLarge",
    "Request entity too large: limit is 3145728",
  ],
  [
    "no name",
    post("{}"),
    422,
    "Invalid",
    'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  ],
  [
    "a bad name",
    post(map("A_b")),
    422,
    "Invalid",
    /^ConfigMap "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain/,
  ],
  [
    "another namespace in the object",
    post('{"metadata":{"name":"a","namespace":"other"}}'),
    400,
    "BadRequest",
    "the namespace of the provided object does not match the namespace sent on the request",
  ],
  [
    "another name in the object",
    { method: "PUT", path: one, body: map("else") },
    400,
    "BadRequest",
    "the name of the object (else) does not match the name on the URL (there)",
  ],
  ["what is there already", post(map("there")), 409, "AlreadyExists", 'configmaps "there" already exists'],
  [
    "a stale resourceVersion",
    { method: "PUT", path: one, body: '{"metadata":{"name":"there","resourceVersion":"1"}}' },
    409,
    "Conflict",
    /the object has been modified; please apply your changes to the latest version and try again$/,
  ],
  ["what is not there", { path: `${cms}/gone` }, 404, "NotFound", 'configmaps "gone" not found'],
  [
    "a namespace that is not there",
    { method: "POST", path: "/api/v1/namespaces/gone/configmaps", body: map("a") },
    404,
    "NotFound",
    'namespaces "gone" not found',
  ],
  ["an unknown resource", { path: "/api/v1/nothings" }, 404, "NotFound", noPath],
  ["an unknown group", { path: "/apis/none/v1/things" }, 404, "NotFound", noPath],
  ["an unknown group's discovery", { path: "/apis/none" }, 404, "NotFound", noPath],
  ["an unknown version's discovery", { path: "/apis/apps/v7" }, 404, "NotFound", noPath],
  ["an unknown path", { path: "/nothing" }, 404, "NotFound", noPath],
  ["an unknown subresource", { path: `${one}/nothing` }, 404, "NotFound", noPath],
  ["an unknown check", { path: "/healthz/nothing" }, 404, "NotFound", noPath],
  ["a cluster-wide kind in a namespace", { path: "/api/v1/namespaces/default/nodes" }, 404, "NotFound", noPath],
  ["a method that does not fit", { method: "PUT", path: cms, body: "{}" }, 405, "MethodNotAllowed", noMethod],
  [
    "creating in no namespace",
    { method: "POST", path: "/api/v1/configmaps", body: "{}" },
    405,
    "MethodNotAllowed",
    noMethod,
  ],
  ["all namespaces at once", { method: "DELETE", path: "/api/v1/namespaces" }, 405, "MethodNotAllowed", noMethod],
  ["an unknown method", { method: "PROPFIND", path: one }, 405, "MethodNotAllowed", noMethod],
  ["writing to a path", { method: "POST", path: "/version", body: "{}" }, 405, "MethodNotAllowed", noMethod],
  ["a broken escape", { path: `${cms}/%zz` }, 400, "BadRequest", /invalid URL escape/],
  [
    "an answer that cannot be given",
    { path: one, headers: { accept: "text/html" } },
    406,
    "NotAcceptable",
    /^only the following media types are accepted: application\/json/,
  ],
  [
    "a limit that is no number",
    { path: `${cms}?limit=x` },
    400,
    "BadRequest",
    'strconv.ParseInt: parsing "x": invalid syntax',
  ],
  [
    "a timeout that is no number",
    { path: `${cms}?watch=1&timeoutSeconds=soon` },
    400,
    "BadRequest",
    'strconv.ParseInt: parsing "soon": invalid syntax',
  ],
  [
    "a selector that is none",
    { path: `${cms}?labelSelector=%3D%3D` },
    400,
    "BadRequest",
    /unable to parse requirement/,
  ],
  [
    "a field that cannot be selected",
    { path: `${cms}?fieldSelector=data.x%3D1` },
    400,
    "BadRequest",
    '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
  [
    "a resourceVersion that is none",
    { path: `${cms}?resourceVersion=x` },
    422,
    "Invalid",
    /Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax/,
  ],
  [
    "a match without a version",
    { path: `${cms}?resourceVersionMatch=Exact` },
    422,
    "Invalid",
    /resourceVersionMatch is forbidden unless resourceVersion is provided/,
  ],
  [
    "initial events without a match",
    { path: `${cms}?watch=1&sendInitialEvents=true` },
    422,
    "Invalid",
    /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/,
  ],
  [
    "an unknown dry run",
    post("{}", { path: `${cms}?dryRun=yes` }),
    422,
    "Invalid",
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["yes"]: supported values: "All"',
  ],
  [
    "an unknown validation",
    post("{}", { path: `${cms}?fieldValidation=maybe` }),
    422,
    "Invalid",
    /supported values: "Ignore", "Strict", "Warn"$/,
  ],
  [
    "an unknown propagation",
    { method: "DELETE", path: one, body: '{"propagationPolicy":"Sideways"}' },
    422,
    "Invalid",
    /^DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways"/,
  ],
  [
    "two ways to propagate",
    { method: "DELETE", path: one, body: '{"propagationPolicy":"Orphan","orphanDependents":true}' },
    422,
    "Invalid",
    /orphanDependents and deletionPropagation cannot be both set/,
  ],
  [
    "an unmet precondition",
    { method: "DELETE", path: one, body: '{"preconditions":{"uid":"other"}}' },
    409,
    "Conflict",
    /[Pp]recondition failed: UID in precondition: other/,
  ],
  [
    "delete options of another kind",
    { method: "DELETE", path: one, body: '{"kind":"Pod","apiVersion":"v1"}' },
    400,
    "BadRequest",
    /cannot be handled as a DeleteOptions/,
  ],
  ["a wrong token", { path: one, as: "wrong token" }, 401, "Unauthorized", "Unauthorized"],
  ["a wrong token for an unknown path", { path: "/nothing", as: "wrong token" }, 401, "Unauthorized", "Unauthorized"],
  ["a certificate of another authority", { path: one, as: "forged certificate" }, 401, "Unauthorized", "Unauthorized"],
  [
    "no credentials",
    { path: one, as: "nobody" },
    403,
    "Forbidden",
    'configmaps "there" is forbidden: User "system:anonymous" cannot get resource "configmaps" in API group "" in the namespace "default"',
  ],
  [
    "no credentials for a path",
    { path: "/metrics", as: "nobody" },
    403,
    "Forbidden",
    'forbidden: User "system:anonymous" cannot get path "/metrics"',
  ],
  [
    "a known user without rights",
    { path: cms, as: "bob" },
    403,
    "Forbidden",
    'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"',
  ],
  [
    "acting as another without right",
    { path: one, as: "bob", headers: { "impersonate-user": "root" } },
    403,
    "Forbidden",
    'users "root" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
  ],
  [
    "acting as one without rights",
    { path: one, headers: { "impersonate-user": "eve" } },
    403,
    "Forbidden",
    /User "eve" cannot get resource/,
  ],
  [
    "acting in a group of nobody",
    { path: one, headers: { "impersonate-group": "g" } },
    400,
    "BadRequest",
    /without impersonating a user/,
  ],
];

describe("requests that are wrong", () => {
  for (const [what, sent, code, reason, message] of cases) {
    test(what, async () => {
      const { code: got, status } = await send(sent);
      assert.equal(status.kind, "Status", JSON.stringify(status));
      assert.deepEqual(
        [got, status.code, status.reason, status.status],
        [code, code, reason, "Failure"],
        status.message,
      );
      if (typeof message === "string") assert.equal(status.message, message);
      else assert.match(status.message ?? "", message);
    });
  }
});

describe("requests that are only doubtful", () => {
  test("unknown and duplicate fields are warned about", async () => {
    const { code, headers } = await send(post(map("warned", ',"dada":{},"data":{"x":"1","x":"2"}')));
    assert.equal(code, 201);
    assert.equal(headers.warning, '299 - "unknown field \\"dada\\"", 299 - "duplicate field \\"data.x\\""');
  });

  test("they are not when that is not wanted", async () => {
    const sent = post(map("ignored", ',"dada":{}'), { path: `${cms}?fieldValidation=Ignore` });
    const { code, headers } = await send(sent);
    assert.deepEqual([code, headers.warning], [201, undefined]);
  });

  test("YAML is taken like JSON", async () => {
    const sent = post("metadata: {name: from-yaml}\ndata: {x: 'yes'}\n", { type: "application/yaml; charset=utf-8" });
    const { code, status } = await send(sent);
    assert.deepEqual([code, (status as unknown as { data: object }).data], [201, { x: "yes" }]);
  });
});
