import type { KubeObject } from "#api/meta/object-meta.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";

/**
 * Objects and their bytes. Stored bytes are JSON that starts with a head which is the same for all objects of a kind and
 * has no resourceVersion, since that is only known once the write is done: it is spliced in behind the head at read.
 * So a stored object is never stringified again, however often it is read, listed or watched.
 */

/** An object that has no resourceVersion yet, on its way into the store. Invariant: frozen to the last field. */
export interface Stored {
  readonly object: object;
  readonly bytes: Buffer;
  /** The same object as readers see it, made by whoever needs it first: the writer or the feed. */
  final?: KubeObject;
}

type Kind = Pick<Resource, "group" | "version" | "kind">;

const heads = new Map<string, string>();

/** `{"kind":"Pod","apiVersion":"v1","metadata":{` */
function headOf(kind: Kind): string {
  const id = `${apiVersionOf(kind)}/${kind.kind}`;
  let head = heads.get(id);
  if (!head) {
    head = `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},"metadata":{`;
    heads.set(id, head);
  }
  return head;
}

/** Freezes and encodes the object; its own resourceVersion is left out. */
export function encode(kind: Kind, { metadata, ...rest }: Omit<KubeObject, "kind" | "apiVersion">): Stored {
  const { resourceVersion: _, ...kept } = metadata;
  const fields = { ...rest, kind: undefined, apiVersion: undefined };
  const object = deepFreeze({ kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: kept, ...definedOf(fields) });
  return { object, bytes: Buffer.from(JSON.stringify(object)) };
}

/** The object as readers see it, with the revision of its last write as resourceVersion. */
export function finalOf(kind: Kind, stored: Stored, revision: number): KubeObject {
  stored.final ??= withRevision(stored.object as KubeObject, revision, { kind, bytes: stored.bytes });
  return stored.final;
}

/** The object in stored bytes, frozen. */
export function decode(kind: Kind, bytes: Uint8Array, revision: number): KubeObject {
  const buffer = asBuffer(bytes);
  return withRevision(deepFreeze(JSON.parse(buffer.toString())) as KubeObject, revision, { kind, bytes: buffer });
}

/** A copy that says it is of another revision, as the last word on an object that is gone. */
export function atRevision(kind: Kind, object: KubeObject, revision: number): KubeObject {
  const source = sources.get(object);
  return withRevision(object, revision, source && { kind, bytes: source.bytes });
}

interface Source {
  readonly head: string;
  readonly bytes: Buffer;
  readonly revision: number;
}

/** Where the bytes of an object come from, until somebody asks for them. */
const sources = new WeakMap<object, Source>();
const encoded = new WeakMap<object, Buffer>();

function withRevision(
  object: KubeObject,
  revision: number,
  from?: { readonly kind: Kind; readonly bytes: Buffer },
): KubeObject {
  const metadata = Object.freeze({ ...object.metadata, resourceVersion: String(revision) });
  const final = Object.freeze({ ...object, metadata });
  if (from) sources.set(final, { head: headOf(from.kind), bytes: from.bytes, revision });
  return final;
}

/** The JSON of a frozen object, made once. */
export function encodedJson(object: object): Buffer {
  let bytes = encoded.get(object);
  if (!bytes) {
    const source = sources.get(object);
    bytes = (source && spliced(source)) ?? Buffer.from(JSON.stringify(object));
    encoded.set(object, bytes);
  }
  return bytes;
}

/** `undefined` when the bytes do not start as this program writes them. */
function spliced({ head, bytes, revision }: Source): Buffer | undefined {
  if (bytes.length <= head.length || bytes.toString("latin1", 0, head.length) !== head) return undefined;
  const empty = bytes[head.length] === closingBrace;
  const inserted = `${head}"resourceVersion":"${revision}"${empty ? "" : ","}`;
  return Buffer.concat([Buffer.from(inserted), bytes.subarray(head.length)]);
}

const closingBrace = 0x7d;

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const definedOf = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));

/** What is frozen already is frozen all the way down, as everything here is that came from a reader. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) deepFreeze(each);
  return Object.freeze(value);
}
