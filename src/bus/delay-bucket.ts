/** Delays are rounded up to two digits: few different ones, each at most a tenth too long. Milliseconds. */
export function delayBucket(ms: number): number {
  if (ms <= 0) return 0;
  const step = 10 ** Math.max(0, Math.floor(Math.log10(ms)) - 1);
  return Math.ceil(ms / step) * step;
}
