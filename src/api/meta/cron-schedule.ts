import { Cron } from "croner";
import { parseDuration } from "#schema/duration.ts";

/** When something is due, by the rules of cron. */
export interface Schedule {
  /** The first time after `ms`; undefined when there is none, as for the 30th of February. */
  next(ms: number): number | undefined;
}

const descriptors: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const every = "@every ";
const field = /^[\d*?,/-]+$/;
const months = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC";
const days = "SUN|MON|TUE|WED|THU|FRI|SAT";

/**
 * Reads `minute hour day-of-month month day-of-week`, `@daily` and the like, or `@every 1h30m`.
 * @param timeZone as in the IANA's list; the machine's own when missing
 * @throws Error that says what is wrong
 */
export function parseSchedule(text: string, timeZone?: string): Schedule {
  if (text.startsWith(every)) return everySchedule(text);
  if (text.startsWith("@") && !(text in descriptors)) throw new Error(`unrecognized descriptor: ${text}`);
  const pattern = descriptors[text] ?? text.trim();
  checkFields(pattern);
  const cron = new Cron(pattern.replaceAll("?", "*"), {
    paused: true,
    mode: "5-part",
    ...(timeZone && { timezone: timeZone }),
  });
  return { next: (ms) => cron.nextRun(new Date(ms))?.getTime() };
}

/** Other dialects know more signs; whoever reads the object elsewhere would not understand them. */
function checkFields(pattern: string): void {
  const fields = pattern.split(/\s+/);
  if (fields.length !== 5) {
    throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  }
  const names = [undefined, undefined, undefined, months, days];
  for (const [i, text] of fields.entries()) {
    const plain = names[i] ? text.replaceAll(new RegExp(names[i], "gi"), "1") : text;
    if (!field.test(plain))
      throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`);
  }
  const day = /(?:^|[,-])(7|\d{2,})/.exec(fields[4] ?? "");
  if (day) throw new Error(`end of range (${day[1]}) above maximum (6): ${fields[4]}`);
}

/** Counts from the last time, on whole seconds. */
function everySchedule(text: string): Schedule {
  let seconds: number;
  try {
    seconds = Math.max(Math.floor(Number(parseDuration(text.slice(every.length))) / 1e9), 1);
  } catch (error) {
    throw new Error(`failed to parse duration ${text}: ${(error as Error).message}`);
  }
  return { next: (ms) => (Math.floor(ms / 1000) + seconds) * 1000 };
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false; // that is how an unknown one is told
  }
}
