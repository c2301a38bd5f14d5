/** The first key that is behind all keys with a prefix; one zero byte stands for the end of all keys. */
export function prefixEnd(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! === 255) continue;
    end[i]!++;
    return end.subarray(0, i + 1);
  }
  return Buffer.from([0]);
}
