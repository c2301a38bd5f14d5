/** A value that tells whether it is whole: its parts repeat to the very end. */
export function stormValue(key: string, number: number, size: number): Uint8Array {
  return new TextEncoder().encode(`${key}:${number};`.repeat(Math.ceil(size / 10)).slice(0, size));
}

/** The number in a value; throws when the value is not whole. */
export function stormNumber(key: string, value: Uint8Array, size: number): number {
  const number = Number(/:(\d+);/.exec(new TextDecoder().decode(value))?.[1]);
  const whole = stormValue(key, number, size);
  if (Buffer.compare(whole, value) !== 0) throw new Error(`${key} holds half a value`);
  return number;
}
