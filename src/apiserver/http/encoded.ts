const cache = new WeakMap<object, Buffer>();
export function encodedJson(object: object): Buffer {
  let bytes = cache.get(object);
  if (!bytes) {
    bytes = Buffer.from(JSON.stringify(object));
    cache.set(object, bytes);
  }
  return bytes;
}
