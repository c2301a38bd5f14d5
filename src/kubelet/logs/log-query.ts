import { isTrue } from "#api/meta/query-flag.ts";
import type { LogOptions } from "./read-log.ts";

export interface LogRequest extends LogOptions {
  readonly previous: boolean;
}

/** Query parameters of a log request, those of PodLogOptions. Throws an Error that says which one is wrong. */
export function parseLogQuery(query: URLSearchParams, now: number): LogRequest {
  const sinceSeconds = count(query, "sinceSeconds");
  const sinceTime = query.get("sinceTime");
  const tailLines = count(query, "tailLines");
  const limitBytes = count(query, "limitBytes");
  const since = sinceTime ? Date.parse(sinceTime) : sinceSeconds === undefined ? undefined : now - sinceSeconds * 1000;
  if (Number.isNaN(since)) throw new Error(`sinceTime: Invalid value: "${sinceTime}"`);
  const stream = query.get("stream")?.toLowerCase();
  return {
    previous: isTrue(query.get("previous")),
    follow: isTrue(query.get("follow")),
    timestamps: isTrue(query.get("timestamps")),
    ...(since !== undefined && { since }),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...((stream === "stdout" || stream === "stderr") && { stream }),
  };
}

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${name}: Invalid value: ${JSON.stringify(text)}`);
  return Number(text);
}
