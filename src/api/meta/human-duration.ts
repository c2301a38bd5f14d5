import { parseTime } from "./time.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** A span of time in at most two units, as every AGE column shows it: `45s`, `3m12s`, `5h8m`, `12d`, `2y30d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / second);
  if (seconds < -1) return "<invalid>"; // a clock that is ahead by more than two machines may differ
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(ms / minute);
  if (minutes < 10) return pair(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(ms / hour);
  if (hours < 8) return pair(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 8 * 24) return pair(days, "d", hours % 24, "h");
  if (hours < 2 * 365 * 24) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (hours < 8 * 365 * 24) return pair(years, "y", days % 365, "d");
  return `${years}y`;
}

const pair = (large: number, largeUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;

/** How long ago a time was, for a cell of a table. */
export function ago(time: string | undefined, now: number): string {
  const then = parseTime(time);
  return Number.isNaN(then) ? "<unknown>" : humanDuration(now - then);
}
