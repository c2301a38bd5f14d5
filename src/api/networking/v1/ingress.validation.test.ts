import assert from "node:assert/strict";
import { test } from "node:test";
import { Dnses } from "#api/minik8s/v1/dns.ts";
import { make } from "#api/test-objects.ts";
import { Ingresses } from "./ingress.ts";
import { IngressClasses } from "./ingress-class.ts";

type Row = [what: string, check: () => string[], ...causes: string[]];

const backend = { service: { name: "web", port: { number: 80 } } };
const ingress = (spec: object, metadata: object = {}) => make(Ingresses)({ metadata, spec } as object);
const path = (each: object) =>
  ingress({ rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend, ...each }] } }] });
const ingressClass = (spec: object) => make(IngressClasses)({ spec } as object);
const dns = (spec: object) => make(Dnses)({ spec } as object);
const dnsPath = { path: "/shop", serviceName: "shop", servicePort: 80 };

const rows: Row[] = [
  ["a rule", path({})],
  ["a default backend alone", ingress({ defaultBackend: backend })],
  ["a wildcard host", ingress({ rules: [{ host: "*.example.com" }] })],
  ["a path that only its controller understands", path({ pathType: "ImplementationSpecific", path: "/a//b" })],
  [
    "nothing at all",
    ingress({}),
    "Invalid spec: Invalid value: null: either `defaultBackend` or `rules` must be specified",
  ],
  [
    "an address as host",
    ingress({ rules: [{ host: "10.0.0.1" }] }),
    'Invalid spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ],
  ["no paths", ingress({ rules: [{ http: { paths: [] } }] }), "Required spec.rules[0].http.paths: Required value"],
  [
    "no type",
    path({ pathType: undefined }),
    "Required spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
  ],
  [
    "a type of one's own",
    path({ pathType: "Regex" }),
    'NotSupported spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
  ],
  [
    "a path that goes up",
    path({ path: "/a/../b" }),
    "Invalid spec.rules[0].http.paths[0].path: Invalid value: \"/a/../b\": must not contain '/../'",
  ],
  [
    "a relative path",
    path({ path: "a" }),
    'Invalid spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path',
  ],
  [
    "nobody behind it",
    path({ backend: {} }),
    'Invalid spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
  ],
  [
    "a service without port",
    ingress({ defaultBackend: { service: { name: "web" } } }),
    "Required spec.defaultBackend: Required value: port name or number is required",
  ],
  [
    "a port by name and number",
    ingress({ defaultBackend: { service: { name: "web", port: { name: "a", number: 1 } } } }),
    'Invalid spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
  ],
  [
    "the class said twice",
    ingress(
      { defaultBackend: backend, ingressClassName: "a" },
      { annotations: { "kubernetes.io/ingress.class": "b" } },
    ),
    'Invalid metadata.annotations.kubernetes.io/ingress.class: Invalid value: "b": can not be set when the class field is also set',
  ],
  ["a class", ingressClass({ controller: "acme.io/ingress" })],
  ["a class of nobody", ingressClass({}), "Required spec.controller: Required value"],
  [
    "a controller without domain",
    ingressClass({ controller: "acme" }),
    'Invalid spec.controller: Invalid value: "acme": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  ["a name with sub-paths", dns({ host: "shop.example", paths: [dnsPath, { ...dnsPath, path: "/cart" }] })],
  ["a name without anything", dns({}), "Required spec.host: Required value", "Required spec.paths: Required value"],
  [
    "one sub-path twice",
    dns({ host: "shop.example", paths: [dnsPath, { ...dnsPath, path: "/shop/" }] }),
    'Duplicate spec.paths[1].path: Duplicate value: "/shop/"',
  ],
  [
    "a port that is none",
    dns({ host: "shop.example", paths: [{ ...dnsPath, servicePort: 70000 }] }),
    "Invalid spec.paths[0].servicePort: Invalid value: 70000: must be between 1 and 65535, inclusive",
  ],
];

for (const [what, check, ...causes] of rows) test(what, () => assert.deepEqual(check(), causes));
