import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeflate, createInflate, constants as zlib } from "node:zlib";
import { HeaderReader, HeaderWriter, spdyDictionary } from "./spdy-headers.ts";

test("the dictionary is the one of SPDY/3", () => {
  let a = 1;
  let b = 0;
  for (const byte of spdyDictionary) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  assert.equal(spdyDictionary.length, 1423);
  assert.equal(b * 65536 + a, 0xe3c6a7c2); // its Adler-32, which every zlib stream made with it names
});

test("blocks of a real deflater, which refer back to earlier ones, are read one by one", async () => {
  const deflate = createDeflate({ dictionary: spdyDictionary });
  const reader = new HeaderReader();
  const writer = new HeaderWriter();
  const plainOf = createInflate({ dictionary: spdyDictionary });
  for (let n = 0; n < 50; n++) {
    const headers = { streamtype: n % 2 ? "data" : "error", port: "8080", requestid: String(n) };
    const plain = await flushed(plainOf, writer.write(headers));
    const block = await flushed(deflate, plain);
    assert.deepEqual(Object.fromEntries(reader.read(block)), headers);
  }
});

test("our blocks are read by our reader, large ones too", () => {
  const reader = new HeaderReader();
  const writer = new HeaderWriter();
  const headers = { long: "x".repeat(100_000), "": "" };
  for (let n = 0; n < 3; n++) assert.deepEqual(Object.fromEntries(reader.read(writer.write(headers))), headers);
});

test("our blocks end with the flush that Go's inflater waits for", () => {
  const writer = new HeaderWriter();
  const blocks: Record<string, string>[] = [{}, { a: "b" }];
  for (const headers of blocks) assert.equal(writer.write(headers).subarray(-5).toString("hex"), "000000ffff");
});

test("a block that inflates without end is refused", () => {
  const bomb = new HeaderWriter().write({ bomb: "x".repeat(300_000) });
  assert.throws(() => new HeaderReader().read(bomb), /cannot be decompressed/);
});

/** What comes out of a (de)compressor for one input block. */
async function flushed(codec: ReturnType<typeof createDeflate | typeof createInflate>, input: Buffer): Promise<Buffer> {
  codec.write(input);
  await new Promise<void>((resolve) => codec.flush(zlib.Z_SYNC_FLUSH, resolve));
  return (codec.read() as Buffer | null) ?? Buffer.alloc(0);
}
