import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinResources } from "#api/catalog.ts";
import { ApiError } from "#api/meta/api-error.ts";
import { requestInfo } from "./request-info.ts";
import { fixedResources } from "./served-resources.ts";

const served = fixedResources(builtinResources);

function shown(line: string): string {
  const [method = "", url = ""] = line.split(" ");
  const [path = "", query = ""] = url.split("?");
  try {
    const info = requestInfo({ method, path, query: new URLSearchParams(query) }, served);
    if (info.kind === "path") return `path ${info.path}`;
    const { verb, resource, namespace = "-", name = "-", subresource = "-" } = info;
    const rest = info.kind === "connect" ? ` ${info.rest || "-"}` : "";
    return `${info.kind} ${verb} ${resource.plural} ${namespace} ${name} ${subresource}${rest}`;
  } catch (error) {
    assert.ok(error instanceof ApiError);
    return `${error.code} ${error.reason}`;
  }
}

const cases: Readonly<Record<string, string>> = {
  "GET /api/v1/pods": "resource list pods - - -",
  "GET /api/v1/pods/": "resource list pods - - -",
  "GET /api/v1/pods?watch=true": "resource watch pods - - -",
  "GET /api/v1/pods?watch": "resource watch pods - - -",
  "GET /api/v1/pods?watch=0": "resource list pods - - -",
  "GET /api/v1/namespaces/a/pods/b": "resource get pods a b -",
  "GET /api/v1/namespaces/a/pods/b?watch=1": "resource get pods a b -",
  "GET /api/v1/watch/namespaces/a/pods": "resource watch pods a - -",
  "GET /api/v1/namespaces/a/pods/b%2fc": "resource get pods a b/c -",
  "GET /api/v1/namespaces/a/pods/b%zz": "400 BadRequest",
  "POST /api/v1/namespaces/a/pods": "resource create pods a - -",
  "POST /api/v1/pods": "405 MethodNotAllowed",
  "PUT /api/v1/namespaces/a/pods": "405 MethodNotAllowed",
  "PUT /api/v1/namespaces/a/pods/b": "resource update pods a b -",
  "PATCH /api/v1/namespaces/a/pods/b/status": "resource patch pods a b status",
  "DELETE /api/v1/namespaces/a/pods/b/status": "405 MethodNotAllowed",
  "DELETE /api/v1/namespaces/a/pods": "resource deletecollection pods a - -",
  "DELETE /api/v1/namespaces": "405 MethodNotAllowed",
  "GET /api/v1/namespaces/a": "resource get namespaces - a -",
  "PUT /api/v1/namespaces/a/finalize": "resource update namespaces - a finalize",
  "GET /api/v1/namespaces/a/status": "resource get namespaces - a status",
  "GET /api/v1/pods/b": "404 NotFound",
  "GET /api/v1/namespaces/a/nodes": "404 NotFound",
  "GET /api/v1/nothings": "404 NotFound",
  "GET /api/v2/pods": "404 NotFound",
  "GET /apis/apps/v1/deployments": "resource list deployments - - -",
  "GET /apis/apps/v1/namespaces/a/deployments/b/scale": "resource get deployments a b scale",
  "POST /apis/apps/v1/namespaces/a/deployments/b/scale": "405 MethodNotAllowed",
  "GET /apis/apps/v1/namespaces/a/deployments/b/log": "404 NotFound",
  "POST /api/v1/namespaces/a/pods/b/eviction": "resource create pods a b eviction",
  "GET /api/v1/namespaces/a/pods/b/log": "connect get pods a b log -",
  "POST /api/v1/namespaces/a/pods/b/exec": "connect create pods a b exec -",
  "PUT /api/v1/namespaces/a/pods/b/exec": "405 MethodNotAllowed",
  "GET /api/v1/namespaces/a/pods/b/log/x": "404 NotFound",
  "GET /api/v1": "path /api/v1",
  "GET /apis/apps/v1": "path /apis/apps/v1",
  "GET /healthz": "path /healthz",
  "GET /": "path /",
  "HEAD /api/v1/namespaces/a/pods/b": "405 MethodNotAllowed",
  "BREW /api/v1/pods": "405 MethodNotAllowed",
};

for (const [line, wanted] of Object.entries(cases)) test(line, () => assert.equal(shown(line), wanted));
