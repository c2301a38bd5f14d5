const nanosPer: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const longest = 2n ** 63n - 1n;

/** Nanoseconds of Go's duration text (`1h30m`, `-1.5s`). Throws an Error with Go's text when it is none. */
export function parseDuration(text: string): bigint {
  const failed = new Error(`time: invalid duration ${JSON.stringify(text)}`);
  const negative = text.startsWith("-");
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return 0n;
  if (body === "" || body.length > 100) throw failed;
  let total = 0n;
  part.lastIndex = 0;
  while (part.lastIndex < body.length) {
    const [, whole = "", fraction = "", unit = ""] = part.exec(body) ?? [];
    if (whole === "" && fraction === "") throw failed;
    const size = nanosPer[unit]!;
    total += BigInt(whole || "0") * size + (BigInt(fraction || "0") * size) / 10n ** BigInt(fraction.length);
  }
  if (total > longest) throw failed;
  return negative ? -total : total;
}

/** As Go prints a duration: `1h30m0s`, `1.5s`, `20ms`, `0s`. */
export function formatDuration(nanos: bigint): string {
  if (nanos === 0n) return "0s";
  const sign = nanos < 0n ? "-" : "";
  const left = nanos < 0n ? -nanos : nanos;
  if (left < nanosPer.us!) return `${sign}${left}ns`;
  if (left < nanosPer.ms!) return `${sign}${decimal(left, nanosPer.us!)}µs`;
  if (left < nanosPer.s!) return `${sign}${decimal(left, nanosPer.ms!)}ms`;
  const hours = left / nanosPer.h!;
  const minutes = (left % nanosPer.h!) / nanosPer.m!;
  const seconds = `${decimal(left % nanosPer.m!, nanosPer.s!)}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const width = String(unit).length - 1;
  const fraction = String(value % unit)
    .padStart(width, "0")
    .replace(/0+$/, "");
  return fraction ? `${value / unit}.${fraction}` : `${value / unit}`;
}

/** Throws as parseDuration does. */
export const canonicalDuration = (text: string): string => formatDuration(parseDuration(text));
