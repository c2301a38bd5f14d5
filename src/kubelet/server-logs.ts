import { access } from "node:fs/promises";
import type { Clock } from "#kit/clock.ts";
import { whyNoLog } from "./logs/log-availability.ts";
import { parseLogQuery } from "./logs/log-query.ts";
import { readLog } from "./logs/read-log.ts";
import { type PodLookup, specOf } from "./pod-lookup.ts";
import { ServerError } from "./server-error.ts";

/**
 * The log that `/containerLogs/{namespace}/{pod}/{container}` stands for, to be read piece by piece. Throws
 * ServerError while nothing of it has been read.
 */
export async function containerLog(
  url: URL,
  pods: PodLookup,
  clock: Clock,
  signal: AbortSignal,
): Promise<AsyncGenerator<Buffer>> {
  const [, namespace = "", name = "", container = ""] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const request = queryOf(url.searchParams, clock.now());
  const view = pods.find(namespace, name);
  if (!view) throw new ServerError(404, `pod "${name}" does not exist\n`);
  if (!specOf(view.pod, container)) throw new ServerError(404, `container "${container}" not found in pod "${name}"\n`);
  const missing = whyNoLog(view.pod, container, request.previous);
  if (missing) throw new ServerError(400, missing);
  // One that waits to be restarted has ended, and its log is that of its last run.
  const path = view.logPath(container, request.previous);
  if (!path) throw new ServerError(400, `container "${container}" in pod "${name}" is not available`);
  await access(path).catch((cause: Error) => {
    throw new ServerError(400, `failed to open log file "${path}": ${cause.message}`);
  });
  const id = view.containerId(container, request.previous);
  // Found anew each time: the pod may have been deleted, the container restarted.
  const isRunning = () => {
    const now = request.previous ? undefined : pods.find(namespace, name);
    return now?.containerId(container) === id && (now?.isRunning(container) ?? false);
  };
  return readLog({ path, isRunning, clock }, request, signal);
}

function queryOf(query: URLSearchParams, now: number) {
  try {
    return parseLogQuery(query, now);
  } catch (error) {
    throw new ServerError(422, `PodLogOptions is invalid: ${(error as Error).message}`);
  }
}
