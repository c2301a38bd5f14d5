import type { Node } from "#api/core/v1/node.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Scope } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";
import { parseSamples } from "./parse-samples.ts";
import type { UsageHistory } from "./usage-history.ts";

/** Gets the text of a node's `/metrics/resource`. */
export type Scrape = (node: Node, signal: AbortSignal) => Promise<string>;

export interface MetricsScraperOptions {
  readonly scrape: Scrape;
  readonly history: UsageHistory;
  readonly nodes: () => readonly Node[];
  readonly clock: Clock;
  readonly log: Logger;
}

const everyMs = 10_000;
/** A node that was not heard of for so long has no figures. */
const staleMs = 60_000;
/** A node that does not answer holds nobody else up. */
const timeoutMs = 5_000;

/** Asks all nodes again and again what is in use. */
export function startMetricsScraper(options: MetricsScraperOptions, scope: Scope): void {
  scope.spawn("usage of nodes", async (signal) => {
    for (;;) {
      await scrapeAll(options, signal);
      try {
        await sleep(everyMs, options.clock, signal);
      } catch {
        return; // the server stops
      }
    }
  });
}

async function scrapeAll(options: MetricsScraperOptions, signal: AbortSignal): Promise<void> {
  const nodes = options.nodes();
  const present = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const name of options.history.nodes()) if (!present.has(name)) options.history.forget(name);
  await Promise.all(nodes.map((node) => scrapeOne(node, options, signal)));
}

async function scrapeOne(
  node: Node,
  { scrape, history, clock, log }: MetricsScraperOptions,
  signal: AbortSignal,
): Promise<void> {
  const { name } = node.metadata;
  const given = new AbortController();
  const cancel = clock.after(timeoutMs, () => given.abort(new Error(`no answer within ${timeoutMs / 1000} s`)));
  try {
    history.take(name, parseSamples(await scrape(node, AbortSignal.any([signal, given.signal]))));
  } catch (error) {
    if (signal.aborted) return;
    log.debug({ err: error, node: name }, "the usage of a node cannot be read");
    if (clock.now() - history.lastAt(name) > staleMs) history.forget(name);
  } finally {
    cancel();
  }
}
