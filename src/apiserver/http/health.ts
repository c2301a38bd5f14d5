import { type HttpReply, type KnownRequest, textReply } from "./exchange.ts";
import type { PathTable } from "./path-router.ts";
import { noSuchPath } from "./request-info.ts";

/** One thing that must be well. Rejects, with the reason, when it is not. */
export interface HealthCheck {
  readonly name: string;
  check(): void | Promise<void>;
}

export interface HealthChecks {
  /** Whether the process should go on living. */
  readonly live: readonly HealthCheck[];
  /** Whether it should be sent requests, besides being alive. */
  readonly ready: readonly HealthCheck[];
}

const ping: HealthCheck = { name: "ping", check: () => {} };

/** `/healthz`, `/livez`, `/readyz`, and each single check below them. */
export function healthPaths({ live, ready }: HealthChecks): PathTable {
  const endpoints = {
    healthz: [ping, ...live, ...ready],
    livez: [ping, ...live],
    readyz: [ping, ...live, ...ready],
  };
  return Object.fromEntries(
    Object.entries(endpoints).flatMap(([name, checks]) => [
      [`/${name}`, (request: KnownRequest) => answer(name, checks, request)],
      [`/${name}/*`, (request: KnownRequest) => answerOne(name, checks, request)],
    ]),
  );
}

async function answer(name: string, checks: readonly HealthCheck[], { query }: KnownRequest): Promise<HttpReply> {
  const excluded = new Set(query.getAll("exclude"));
  const results = await Promise.all(
    checks.map(async (check) => ({
      check,
      skipped: excluded.has(check.name),
      well: excluded.has(check.name) || (await isWell(check)),
    })),
  );
  const well = results.every((result) => result.well);
  if (well && !query.has("verbose")) return textReply(200, "ok");
  const lines = results.map((r) =>
    r.skipped
      ? `[+]${r.check.name} excluded: ok`
      : r.well
        ? `[+]${r.check.name} ok`
        : `[-]${r.check.name} failed: reason withheld`,
  );
  const unknown = [...excluded].filter((one) => !checks.some((check) => check.name === one));
  if (unknown.length > 0) {
    const names = unknown.map((one) => JSON.stringify(one)).join(",");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  return textReply(well ? 200 : 500, `${[...lines, `${name} check ${well ? "passed" : "failed"}`].join("\n")}\n`);
}

async function answerOne(name: string, checks: readonly HealthCheck[], { path }: KnownRequest): Promise<HttpReply> {
  const one = checks.find((check) => `/${name}/${check.name}` === path);
  if (!one) throw noSuchPath();
  return (await isWell(one)) ? textReply(200, "ok") : textReply(500, "internal server error: reason withheld\n");
}

async function isWell({ check }: HealthCheck): Promise<boolean> {
  try {
    await check();
    return true;
  } catch {
    return false; // the reason is for the log of whoever made the check, not for whoever may ask unauthenticated
  }
}
