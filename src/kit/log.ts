import { type Logger, pino } from "pino";

export type { Logger };
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** One JSON line a message on stderr, or on the file descriptor given. */
export function createLogger(options: { level?: LogLevel; name?: string; fd?: number } = {}): Logger {
  return pino(
    { level: options.level ?? "info", base: undefined, ...(options.name && { name: options.name }) },
    pino.destination({ fd: options.fd ?? 2, sync: true }),
  );
}

export const silentLogger: Logger = pino({ level: "silent" });
