import { readFileSync } from "node:fs";
import { EndpointSlices, Services } from "#api/catalog.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { answer } from "./answer.ts";
import { startDnsServer } from "./dns-server.ts";
import { Upstream } from "./upstream.ts";
import { type Question, type Reply, rcodes } from "./wire.ts";
import { cacheZone, type Zone } from "./zone.ts";

export interface DnsOptions {
  readonly caches: Caches;
  readonly host: string;
  /** Wanted; when it is taken, any free one. */
  readonly port: number;
  readonly domain: string;
  readonly serves?: (address: string) => boolean;
  /** Where names outside are asked; read anew each time, as networks come and go. */
  readonly upstream: () => readonly string[];
  readonly hosts?: Zone["host"];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Dns extends Component {
  /** Where it listens, once it has started. */
  readonly port: number;
  /** What `hosts` gives has changed. */
  changed(): void;
}

/** Answers for the cluster's names from the caches; until they are full it says so, and answers for the rest. */
export function dnsComponent(options: DnsOptions): Dns {
  const { caches, clock, log, domain } = options;
  let port = 0;
  let serial = 0;
  let forget = () => {};
  const changed = () => {
    serial = (serial + 1) >>> 0;
    forget();
  };
  return {
    name: "dns",
    get port() {
      return port;
    },
    changed,
    async start(scope) {
      const zone = cacheZone(caches, { domain, serial: () => serial, host: options.hosts ?? (() => undefined) });
      const upstream = new Upstream({ servers: options.upstream, clock });
      caches.follow(Services, EndpointSlices);
      const known = () => caches.store(Services).synced && caches.store(EndpointSlices).synced;
      const resolve = (question: Question) => resolveName(question, { zone, upstream, known });
      const server = await startDnsServer({ ...options, resolve }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EADDRINUSE") throw error;
        return startDnsServer({ ...options, resolve, port: 0 });
      });
      port = server.port;
      forget = server.forget;
      scope.defer(() => server.close());
      scope.defer(caches.subscribe(Services, changed));
      scope.defer(caches.subscribe(EndpointSlices, changed));
      log.info({ address: `${options.host}:${port}` }, "names of the cluster are answered");
    },
  };
}

interface Sources {
  readonly zone: Zone;
  readonly upstream: Pick<Upstream, "resolve">;
  /** Whether the cluster's objects are all there; before that nobody can say that a name does not exist. */
  readonly known: () => boolean;
}

export function resolveName(question: Question, { zone, upstream, known }: Sources): Reply | Promise<Reply> {
  const own = answer(question, zone);
  if (!own) return upstream.resolve(question);
  if (!known() && (own.answers ?? []).length === 0) return { rcode: rcodes.serverFailure };
  return own.follow === undefined ? own : followed(question, own.follow, { own, upstream });
}

async function followed(
  question: Question,
  name: string,
  { own, upstream }: { readonly own: Reply; readonly upstream: Pick<Upstream, "resolve"> },
): Promise<Reply> {
  const target = await upstream.resolve({ ...question, name });
  const { answers = [] } = target;
  return { ...own, answers: [...(own.answers ?? []), ...answers] };
}

/** The name servers of a resolv.conf without those that are we ourselves. */
export function upstreamServers(file: string, without: readonly string[]): string[] {
  const text = readIfThere(file);
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map((line) => line[1] as string)
    .filter((s) => !without.includes(s));
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // a node without name servers: names outside cannot be resolved, those of the cluster can
  }
}
