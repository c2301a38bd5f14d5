/** Which family of suffixes a quantity is written with; kept through arithmetic and canonicalisation. */
export type QuantityFormat = "decimalSI" | "binarySI" | "decimalExponent";

/** An exact amount in billionths, the finest that Kubernetes keeps: anything finer is rounded away from zero. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongNumber = "unable to parse numeric part of quantity";
const wrongSuffix = "unable to parse quantity's suffix";

const shape = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

/** Arithmetic on what a client sends must stay cheap: more digits, or a greater exponent, name no amount of anything. */
const mostDigits = 64;

const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const nano = 10n ** 9n;
const largestBinary = (2n ** 63n - 1n) * nano;

/** Throws an Error with Kubernetes' text when the text is no quantity. JSON numbers are read as their text. */
export function parseQuantity(text: string | number): Quantity {
  const [, sign, whole = "", fraction = "", suffix = ""] = shape.exec(String(text).trim()) ?? [];
  if (sign === undefined || (sign === "" && whole === "" && fraction === "" && suffix === ""))
    throw new Error(wrongFormat);
  const { base, exponent, format } = interpret(suffix);
  if (whole.length + fraction.length > mostDigits || exponent > mostDigits) throw new Error(wrongNumber);

  const digits = BigInt(whole + fraction || "0");
  const scale = (base === 10 ? exponent : 0) - fraction.length + 9;
  const factor = base === 2 ? 2n ** BigInt(exponent) : 1n;
  const amount = digits * factor;
  let nanos = scale >= 0 ? amount * 10n ** BigInt(scale) : ceilDivide(amount, 10n ** BigInt(Math.min(-scale, 200)));
  if (format === "binarySI" && nanos > largestBinary) nanos = largestBinary;
  const tooSmallForBinary = format === "binarySI" && nanos > 0n && nanos < nano;
  return { nanos: sign === "-" ? -nanos : nanos, format: tooSmallForBinary ? "decimalSI" : format };
}

function interpret(suffix: string): { base: 2 | 10; exponent: number; format: QuantityFormat } {
  if (Object.hasOwn(decimalSuffixes, suffix))
    return { base: 10, exponent: decimalSuffixes[suffix]!, format: "decimalSI" };
  if (Object.hasOwn(binarySuffixes, suffix)) return { base: 2, exponent: binarySuffixes[suffix]!, format: "binarySI" };
  if (/^[eE][-+]?\d+$/.test(suffix)) return { base: 10, exponent: Number(suffix.slice(1)), format: "decimalExponent" };
  throw new Error(wrongSuffix);
}

/** The one text for an amount: no fraction, the largest suffix that needs none. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  const limit = 1024n * nano;
  const binary = format === "binarySI" && (nanos <= -limit || nanos >= limit) && nanos % nano === 0n;
  return binary ? formatBinary(nanos / nano) : formatDecimal(nanos, format);
}

function formatBinary(units: bigint): string {
  let amount = units;
  let times = 0;
  for (; times < 6 && amount % 1024n === 0n; times++) amount /= 1024n;
  return `${amount}${["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][times]}`;
}

function formatDecimal(nanos: bigint, format: QuantityFormat): string {
  let amount = nanos;
  let exponent = -9;
  for (; amount % 1000n === 0n && (exponent < 18 || format === "decimalExponent"); exponent += 3) amount /= 1000n;
  if (format === "decimalExponent") return exponent === 0 ? `${amount}` : `${amount}e${exponent}`;
  const suffix = Object.keys(decimalSuffixes).find((name) => decimalSuffixes[name] === exponent);
  return `${amount}${suffix}`;
}

/** Throws as parseQuantity does. */
export const canonicalQuantity = (text: string | number): string => formatQuantity(parseQuantity(text));

/** Resource lists (requests, limits, capacity, hard limits) are kept in thousandths, rounded up. */
export function canonicalResourceAmount(text: string | number): string {
  const { nanos, format } = parseQuantity(text);
  return formatQuantity({ nanos: ceilDivide(nanos, 1_000_000n) * 1_000_000n, format });
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export const compareQuantities = (a: Quantity, b: Quantity): number =>
  a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;

export const addQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos + b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

export const subtractQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos - b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

/** Whole units, rounded away from zero. */
export const quantityValue = (quantity: Quantity | string | number): number =>
  Number(ceilDivide(asQuantity(quantity).nanos, nano));

/** Thousandths, rounded away from zero. */
export const quantityMilliValue = (quantity: Quantity | string | number): number =>
  Number(ceilDivide(asQuantity(quantity).nanos, 1_000_000n));

/** From a whole number of units. */
export const quantityOf = (units: number | bigint, format: QuantityFormat = "decimalSI"): Quantity => ({
  nanos: BigInt(units) * nano,
  format,
});

/** From a whole number of thousandths. */
export const milliQuantity = (millis: number | bigint, format: QuantityFormat = "decimalSI"): Quantity => ({
  nanos: BigInt(millis) * 1_000_000n,
  format,
});

const asQuantity = (quantity: Quantity | string | number): Quantity =>
  typeof quantity === "object" ? quantity : parseQuantity(quantity);

/** Rounds away from zero. */
function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  if (a % b === 0n) return quotient;
  return a < 0n ? quotient - 1n : quotient + 1n;
}
