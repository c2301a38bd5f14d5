/**
 * A node's own memory across restarts, as small values by key. After a crash each value is the old one or the new one,
 * nothing between.
 */
export interface Checkpoint {
  /** Everything that was saved and not removed. A value that cannot be read any more is left out. */
  load(): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Resolves when the value would survive a power cut. */
  save(key: string, value: Uint8Array): Promise<void>;
  /** No error when there is none. */
  remove(key: string): Promise<void>;
  /** Lets go of what an engine holds, as a connection. */
  close?(): Promise<void>;
}
