import { ProtobufError, textOf, WireReader, WireWriter } from "./protobuf-wire.ts";

/** What Kubernetes wraps around an object in protobuf (`runtime.Unknown`), as the object itself does not say what it is. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object, in protobuf unless `contentType` says otherwise. */
  readonly raw: Uint8Array;
  readonly contentType?: string;
}

const magic = Buffer.from("k8s\0");

const isEnvelope = (bytes: Uint8Array): boolean =>
  bytes.length >= magic.length && magic.equals(bytes.subarray(0, magic.length));

/** Throws ProtobufError. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (!isEnvelope(bytes)) throw new ProtobufError("provided data does not appear to be a protobuf message");
  const reader = new WireReader(bytes.subarray(magic.length));
  const envelope = { apiVersion: "", kind: "", raw: new Uint8Array() as Uint8Array, contentType: "" };
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (number === 1 && type === 2) Object.assign(envelope, readTypeMeta(reader.bytes()));
    else if (number === 2 && type === 2) envelope.raw = reader.bytes();
    else if (number === 4 && type === 2) envelope.contentType = textOf(reader.bytes());
    else reader.skip(type);
  }
  const { contentType, ...rest } = envelope;
  return contentType ? envelope : rest;
}

function readTypeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const reader = new WireReader(bytes);
  const meta = { apiVersion: "", kind: "" };
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (number === 1 && type === 2) meta.apiVersion = textOf(reader.bytes());
    else if (number === 2 && type === 2) meta.kind = textOf(reader.bytes());
    else reader.skip(type);
  }
  return meta;
}

export function closeEnvelope({ apiVersion, kind, raw, contentType = "" }: Envelope): Uint8Array {
  const meta = new WireWriter();
  meta.text(1, apiVersion);
  meta.text(2, kind);
  const writer = new WireWriter();
  writer.bytes(1, meta.finish());
  writer.bytes(2, raw);
  writer.text(3, "");
  writer.text(4, contentType);
  return Buffer.concat([magic, writer.finish()]);
}
