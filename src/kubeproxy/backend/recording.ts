import type { ServiceMap } from "../service-map.ts";
import type { ProxyBackend } from "./backend.ts";

/** Keeps what it was told: for tests and for nodes that route nothing. */
export class RecordingBackend implements ProxyBackend {
  readonly name = "recording";
  readonly applied: ServiceMap[] = [];

  async apply(map: ServiceMap): Promise<void> {
    this.applied.push(map);
  }

  async cleanup(): Promise<void> {
    this.applied.length = 0;
  }
}
