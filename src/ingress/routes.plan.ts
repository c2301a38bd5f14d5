import type { Dns } from "#api/minik8s/v1/dns.ts";
import { classAnnotation } from "#api/networking/v1/ingress.rules.ts";
import type { HTTPIngressPath, Ingress, IngressBackend } from "#api/networking/v1/ingress.ts";
import type { IngressClass } from "#api/networking/v1/ingress-class.ts";

export const controllerName = "minik8s.io/ingress";
export const defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class";

/** A port of a Service, by number or by name. */
export interface BackendRef {
  readonly namespace: string;
  readonly service: string;
  readonly port: number | string;
}

export interface Route {
  /** Without a slash at its end; empty is the root. An exact route keeps what was written. */
  readonly path: string;
  readonly exact: boolean;
  readonly backend: BackendRef;
  /** The path is taken away before the request is sent on. */
  readonly strip: boolean;
  /** The older object wins where two want the same. */
  readonly since: string;
}

export interface Routes {
  /** By host name in lower case; `*.example.com` for wildcards, empty for any host. Best match first. */
  readonly hosts: ReadonlyMap<string, readonly Route[]>;
  readonly fallback: BackendRef | undefined;
  /** Which Secret (`namespace/name`) has the certificate of a host; empty for hosts that have no own. */
  readonly certificates: ReadonlyMap<string, string>;
}

export interface RouteSources {
  readonly ingresses: readonly Ingress[];
  readonly classes: readonly IngressClass[];
  readonly dns: readonly Dns[];
}

/** What the proxy does with each host and path. */
export function planRoutes({ ingresses, classes, dns }: RouteSources): Routes {
  const hosts = new Map<string, Route[]>();
  const certificates = new Map<string, string>();
  let fallback: BackendRef | undefined;
  const add = (host: string, routes: readonly Route[]) => {
    const key = host.toLowerCase();
    hosts.set(key, [...(hosts.get(key) ?? []), ...routes]);
  };
  for (const ingress of ingresses.filter((each) => isOurs(each, classes)).toSorted(byAge)) {
    const { namespace = "" } = ingress.metadata;
    const { defaultBackend, rules = [], tls = [] } = ingress.spec;
    fallback ??= defaultBackend && backendRef(namespace, defaultBackend);
    for (const { host = "", http } of rules) {
      const own = (http?.paths ?? []).flatMap((path) => ingressRoute(ingress, path));
      // a rule without paths leads the whole host to the default backend
      add(
        host,
        http || !defaultBackend
          ? own
          : ingressRoute(ingress, { path: "/", pathType: "Prefix", backend: defaultBackend }),
      );
    }
    for (const { hosts: names, secretName } of tls) {
      if (!secretName) continue;
      for (const name of names?.length ? names : [""])
        putNew(certificates, name.toLowerCase(), `${namespace}/${secretName}`);
    }
  }
  for (const each of dns.toSorted(byAge)) add(each.spec.host, dnsRoutes(each));
  for (const routes of hosts.values()) routes.sort(better);
  return { hosts, fallback, certificates };
}

const putNew = (map: Map<string, string>, key: string, value: string) => void (map.has(key) || map.set(key, value));

type Aged = Pick<Ingress, "metadata">;
const ageOf = ({ metadata }: Aged) => `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
const byAge = (a: Aged, b: Aged) => (ageOf(a) < ageOf(b) ? -1 : 1);

/** Those of our classes; those without a class too, unless another class is the default. */
export function isOurs(
  { metadata, spec }: Pick<Ingress, "metadata" | "spec">,
  classes: readonly IngressClass[],
): boolean {
  const named = spec.ingressClassName ?? metadata.annotations?.[classAnnotation];
  const ours = (of: IngressClass) => of.spec.controller === controllerName;
  if (named !== undefined) return classes.some((of) => of.metadata.name === named && ours(of));
  const standard = classes.filter((of) => of.metadata.annotations?.[defaultClassAnnotation] === "true");
  return standard.length === 0 || standard.some(ours);
}

function backendRef(namespace: string, { service }: IngressBackend): BackendRef | undefined {
  if (!service) return undefined; // an object that only another controller understands
  return { namespace, service: service.name, port: service.port?.name || service.port?.number || 0 };
}

function ingressRoute(ingress: Ingress, { path = "/", pathType, backend }: HTTPIngressPath): Route[] {
  const ref = backendRef(ingress.metadata.namespace ?? "", backend);
  const exact = pathType === "Exact";
  return ref
    ? [{ path: exact ? path : path.replace(/\/+$/, ""), exact, backend: ref, strip: false, since: ageOf(ingress) }]
    : [];
}

function dnsRoutes(dns: Dns): Route[] {
  const { namespace = "" } = dns.metadata;
  return (dns.spec.paths ?? []).map(({ path, serviceName, servicePort, keepPath }) => ({
    path: path.replace(/\/+$/, ""),
    exact: false,
    backend: { namespace, service: serviceName, port: servicePort },
    strip: !keepPath,
    since: ageOf(dns),
  }));
}

/** Longer paths first, of the same path the exact one, of two alike the older one. */
function better(a: Route, b: Route): number {
  if (a.path.length !== b.path.length) return b.path.length - a.path.length;
  if (a.exact !== b.exact) return a.exact ? -1 : 1;
  return a.since < b.since ? -1 : 1;
}

/** The host itself, the wildcard over it, any host: the first that has rules decides, whether a path of it fits or not. */
export function chooseRoute(
  routes: Routes,
  host: string,
  path: string,
): Pick<Route, "backend" | "path" | "strip"> | undefined {
  const of = hostRoutes(routes, host);
  const route =
    of?.find((each) => each.exact && each.path === path) ?? of?.find((each) => !each.exact && isUnder(path, each.path));
  return route ?? (routes.fallback && { backend: routes.fallback, path: "", strip: false });
}

function hostRoutes({ hosts }: Routes, host: string): readonly Route[] | undefined {
  const name = host.toLowerCase();
  return hosts.get(name) ?? hosts.get(wildcardOf(name)) ?? hosts.get("");
}

const wildcardOf = (name: string) => `*${name.includes(".") ? name.slice(name.indexOf(".")) : ""}`;

/** Whole elements are compared: /shop is above /shop/cart, not above /shopping. */
const isUnder = (path: string, prefix: string) => path === prefix || path.startsWith(`${prefix}/`) || prefix === "";

/** The Secret with the certificate for a host, as `namespace/name`. */
export function chooseCertificate({ certificates }: Routes, host: string): string | undefined {
  const name = host.toLowerCase();
  return certificates.get(name) ?? certificates.get(wildcardOf(name)) ?? certificates.get("");
}

/** The path that the Service sees. `url` is a path with its query. */
export function pathFor({ path, strip }: Pick<Route, "path" | "strip">, url: string): string {
  if (!strip || path === "") return url;
  const rest = url.slice(path.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}
