/** The peer broke the SPDY protocol, or the session that a stream belonged to is gone. */
export class SpdyError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(`spdy: ${message}`, options);
    this.name = "SpdyError";
  }
}
