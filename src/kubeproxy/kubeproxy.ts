import { EndpointSlices, Services } from "#api/catalog.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { WorkQueue } from "#kit/work-queue.ts";
import type { ProxyBackend } from "./backend/backend.ts";
import { serviceMap } from "./service-map.ts";

export interface KubeProxyOptions {
  readonly caches: Caches;
  readonly backend: ProxyBackend;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Changes that come within this time of each other are sent to the kernel together. */
  readonly settleMs?: number;
}

const whole = "services";

/** Keeps the kernel's routing equal to Services and EndpointSlices. Rules stay when it stops, so that Services go on answering. */
export function kubeProxyComponent({
  caches,
  backend,
  nodeName,
  clock,
  log,
  settleMs = 10,
}: KubeProxyOptions): Component {
  return {
    name: "kube-proxy",
    async start(scope) {
      await caches.synced([Services, EndpointSlices], scope.signal);
      const queue = new WorkQueue(clock, { initialMs: 200, maxMs: 30_000 });
      const changed = () => queue.addAfter(whole, settleMs);
      scope.signal.addEventListener("abort", () => queue.close(), { once: true });
      scope.defer(caches.subscribe(Services, changed));
      scope.defer(caches.subscribe(EndpointSlices, changed));

      const sync = () => backend.apply(serviceMap(caches.all(Services), caches.all(EndpointSlices), nodeName));
      await sync();
      scope.spawn("sync", async () => {
        for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
          try {
            await sync();
            queue.forget(key);
          } catch (error) {
            log.error({ error: String(error) }, "Services could not be routed, will be tried again");
            queue.retry(key);
          }
          queue.done(key);
        }
      });
    },
  };
}
