import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dns } from "#api/minik8s/v1/dns.ts";
import type { Ingress, IngressSpec } from "#api/networking/v1/ingress.ts";
import type { IngressClass } from "#api/networking/v1/ingress-class.ts";
import { chooseCertificate, chooseRoute, controllerName, isOurs, pathFor, planRoutes } from "./routes.plan.ts";

const to = (name: string) => ({ service: { name, port: { number: 80 } } });
const path = (path: string, name: string, pathType: "Prefix" | "Exact" | "ImplementationSpecific" = "Prefix") => ({
  path,
  pathType,
  backend: to(name),
});

function ingress(spec: IngressSpec, name = "web", created = "2024-01-01T00:00:00Z"): Ingress {
  return { metadata: { name, namespace: "d", creationTimestamp: created }, spec } as unknown as Ingress;
}

const dns = (host: string, paths: Dns["spec"]["paths"]): Dns =>
  ({
    metadata: { name: "dns", namespace: "d", creationTimestamp: "2024-01-01T00:00:00Z" },
    spec: { host, paths },
  }) as unknown as Dns;

function ingressClass(name: string, controller: string, standard = false): IngressClass {
  const annotations = standard ? { "ingressclass.kubernetes.io/is-default-class": "true" } : {};
  return { metadata: { name, annotations }, spec: { controller } } as unknown as IngressClass;
}

const routes = planRoutes({
  classes: [],
  ingresses: [
    ingress({
      rules: [
        {
          host: "Shop.example",
          http: {
            paths: [
              path("/", "root"),
              path("/cart", "cart"),
              path("/cart", "cart-itself", "Exact"),
              path("/cart/pay/", "pay"),
              path("/only/", "only", "Exact"),
            ],
          },
        },
        { host: "*.example", http: { paths: [path("/api", "api", "ImplementationSpecific")] } },
        { http: { paths: [path("/any", "any")] } },
      ],
      defaultBackend: to("default"),
      tls: [
        { hosts: ["shop.example"], secretName: "shop" },
        { hosts: ["*.example"], secretName: "wild" },
      ],
    }),
    ingress(
      { rules: [{ host: "shop.example", http: { paths: [path("/cart", "younger")] } }] },
      "late",
      "2025-01-01T00:00:00Z",
    ),
  ],
  dns: [
    dns("node.example", [
      { path: "/one", serviceName: "first", servicePort: 80 },
      { path: "/two/", serviceName: "second", servicePort: 8080, keepPath: true },
    ]),
  ],
});

const table: [host: string, path: string, service: string | undefined][] = [
  ["shop.example", "/", "root"],
  ["SHOP.EXAMPLE", "/anything", "root"],
  ["shop.example", "/cart", "cart-itself"],
  ["shop.example", "/cart/", "cart"],
  ["shop.example", "/cart/3", "cart"],
  ["shop.example", "/carton", "root"],
  ["shop.example", "/cart/pay", "pay"],
  ["shop.example", "/cart/pay/now", "pay"],
  ["shop.example", "/only", "root"],
  ["shop.example", "/only/", "only"],
  ["other.example", "/api/v1", "api"],
  ["other.example", "/else", "default"],
  ["a.b.example", "/api", "default"],
  ["a.b.example", "/any", "any"],
  ["elsewhere", "/any/x", "any"],
  ["", "/", "default"],
  ["node.example", "/one/x", "first"],
  ["node.example", "/two", "second"],
  ["node.example", "/three", "default"],
];

for (const [host, url, service] of table)
  test(`${host}${url} leads to ${service}`, () => {
    assert.equal(chooseRoute(routes, host, url)?.backend.service, service);
  });

test("without a default backend, what no rule is for leads nowhere", () => {
  const few = planRoutes({
    ingresses: [ingress({ rules: [{ host: "a.b", http: { paths: [path("/x", "x")] } }] })],
    classes: [],
    dns: [],
  });
  assert.equal(chooseRoute(few, "a.b", "/y"), undefined);
  assert.equal(chooseRoute(few, "c.d", "/x"), undefined);
});

test("a sub-path of a Dns leads to its Service's root, unless the path is kept", () => {
  const seen = (url: string) => {
    const route = chooseRoute(routes, "node.example", url.split("?")[0] as string);
    return route && pathFor(route, url);
  };
  assert.equal(seen("/one"), "/");
  assert.equal(seen("/one?a=b"), "/?a=b");
  assert.equal(seen("/one/x/y?a=b"), "/x/y?a=b");
  assert.equal(seen("/two/x"), "/two/x");
});

test("certificates go by host, the exact name before the wildcard", () => {
  assert.equal(chooseCertificate(routes, "shop.example"), "d/shop");
  assert.equal(chooseCertificate(routes, "other.example"), "d/wild");
  assert.equal(chooseCertificate(routes, "a.b.example"), undefined);
});

test("Ingresses of other classes are left alone", () => {
  const mine = ingressClass("minik8s", controllerName, true);
  const other = ingressClass("nginx", "k8s.io/ingress-nginx");
  assert.ok(isOurs(ingress({}), []));
  assert.ok(isOurs(ingress({}), [mine, other]));
  assert.ok(isOurs(ingress({ ingressClassName: "minik8s" }), [mine, other]));
  assert.ok(!isOurs(ingress({ ingressClassName: "nginx" }), [mine, other]));
  assert.ok(!isOurs(ingress({ ingressClassName: "unknown" }), [mine, other]));
  assert.ok(!isOurs(ingress({}), [ingressClass("nginx", "k8s.io/ingress-nginx", true)]));
});
