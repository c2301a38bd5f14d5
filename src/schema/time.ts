const layouts = { seconds: "2006-01-02T15:04:05Z07:00", micros: "2006-01-02T15:04:05.000000Z07:00" };

interface Element {
  /** How the element stands in the layout, for messages. */
  readonly layout: string;
  readonly pattern: RegExp;
}

const element = (layout: string, pattern: RegExp): Element => ({ layout, pattern });
const digits = (layout: string, count: number) => element(layout, new RegExp(`^\\d{${count}}`));
const literal = (text: string) => element(text, new RegExp(`^${text}`));

const upToSeconds = [
  digits("2006", 4),
  literal("-"),
  digits("01", 2),
  literal("-"),
  digits("02", 2),
  literal("T"),
  digits("15", 2),
  literal(":"),
  digits("04", 2),
  literal(":"),
  digits("05", 2),
];
const zone = element("Z07:00", /^(?:Z|[+-]\d\d:\d\d)/);
const anyFraction = element(".", /^(?:[.,]\d+)?/);
const microFraction = element(".000000", /^\.\d{6}/);

/**
 * The canonical text of an RFC 3339 time: UTC, whole seconds, or six digits of fraction with `micro`.
 * Throws an Error with the text of Go's time.Parse when it is none.
 */
export function canonicalTime(text: string, { micro }: { micro: boolean }): string {
  if (isCanonical(text, micro)) return text;
  const parts = split(text, micro);
  const [year, , month, , day, , hour, , minute, , second, fraction = "", offset = "Z"] = parts as [
    string,
    ...string[],
  ];
  const outOfRange = (what: string) => new Error(`parsing time ${JSON.stringify(text)}: ${what} out of range`);
  if (Number(month) < 1 || Number(month) > 12) throw outOfRange("month");
  if (Number(hour) > 23) throw outOfRange("hour");
  if (Number(minute) > 59) throw outOfRange("minute");
  if (Number(second) > 59) throw outOfRange("second");
  const midnight = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) throw outOfRange("day");
  const utc = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  if (Number.isNaN(utc.getTime())) throw outOfRange("time zone offset");
  const seconds = utc.toISOString().replace(/\.\d+Z$/, "");
  return micro ? `${seconds}${fraction}Z` : `${seconds}Z`;
}

/** Nearly all times are: those that were written here before. Anything the text cannot prove goes the long way. */
function isCanonical(text: string, micro: boolean): boolean {
  if (!(micro ? canonicalMicros : canonicalSeconds).test(text)) return false;
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).getUTCDate() === Number(text.slice(8, 10));
}

const canonicalSeconds = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const canonicalMicros = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;

function split(text: string, micro: boolean): string[] {
  const layout = micro ? layouts.micros : layouts.seconds;
  const parts: string[] = [];
  let rest = text;
  for (const { layout: wanted, pattern } of [...upToSeconds, micro ? microFraction : anyFraction, zone]) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) {
      const [whole, left] = [JSON.stringify(text), JSON.stringify(rest)];
      throw new Error(`parsing time ${whole} as "${layout}": cannot parse ${left} as "${wanted}"`);
    }
    parts.push(found);
    rest = rest.slice(found.length);
  }
  if (rest) throw new Error(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`);
  return parts;
}
