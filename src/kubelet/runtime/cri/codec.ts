import { messageCodec } from "#grpc/codec.ts";
import { criMessages, type MessageName, type Read, type Written } from "./messages.ts";

/** Numbers beyond 2^53 lose their last digits: CRI has them only as nanoseconds. */
export const criCodec = messageCodec(criMessages);

export const encode: <N extends MessageName>(message: N, value: Written<N>) => Buffer = criCodec.encode;
export const decode: <N extends MessageName>(message: N, bytes: Buffer) => Read<N> = criCodec.decode;
