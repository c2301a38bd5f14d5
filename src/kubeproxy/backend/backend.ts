import type { ServiceMap } from "../service-map.ts";

/** What makes the kernel route Services. */
export interface ProxyBackend {
  readonly name: string;
  /** Makes the kernel equal to the map, in one transaction; after the first time only what changed is sent. */
  apply(map: ServiceMap): Promise<void>;
  /** Takes away everything this backend ever made. */
  cleanup(): Promise<void>;
}
