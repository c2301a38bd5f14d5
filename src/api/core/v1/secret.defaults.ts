import type { Secret } from "./secret.ts";

/** Text that a client wrote plainly moves over to where it is kept. */
export function deriveSecret(secret: Secret): void {
  secret.type ??= "Opaque";
  if (!secret.stringData) return;
  const encoded = Object.entries(secret.stringData).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  if (encoded.length > 0) secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
  delete secret.stringData;
}
