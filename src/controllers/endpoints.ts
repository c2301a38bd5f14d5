import { isDeepStrictEqual } from "node:util";
import { type Endpoints, EndpointsResource } from "#api/core/v1/endpoints.ts";
import { Pods } from "#api/core/v1/pod.ts";
import { Services } from "#api/core/v1/service.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { fromLabels, matches } from "#api/meta/selector.ts";
import { type ControllerDefinition, wake } from "#controller/controller.ts";
import { planEndpoints } from "./endpoints.plan.ts";
import { choosesPods, lastChangeTrigger, servicesOf } from "./service-endpoints.ts";

/** Shows the pods behind each Service as an Endpoints object of the same name, for clients that know no slices. */
export const endpointsController: ControllerDefinition<typeof Services> = {
  name: "endpoint-controller",
  for: Services,
  wakes: [wake(Pods, servicesOf), wake(EndpointsResource, ({ metadata }) => [metadata])],

  async reconcile(key, { cache, client }) {
    const service = cache.find(Services, key);
    const current = cache.find(EndpointsResource, key);
    if (!service) {
      // Endpoints have no owner reference, so nobody else removes them.
      if (current?.metadata.labels?.["endpoints.kubernetes.io/managed-by"]) {
        await client.delete(EndpointsResource, key, { preconditions: { uid: current.metadata.uid } }).catch(ignoreGone);
      }
      return;
    }
    if (service.metadata.deletionTimestamp || !choosesPods(service)) return;
    const selector = fromLabels(service.spec.selector);
    const pods = cache.all(Pods, key.namespace).filter((pod) => matches(selector, pod.metadata.labels));
    const wanted = planEndpoints(service, pods, current);
    if (!current) await client.create(EndpointsResource, wanted);
    else if (!sameEndpoints(current, wanted)) await client.update(EndpointsResource, wanted);
  },
};

/** The time of the change alone is no change. */
function sameEndpoints(current: Endpoints, wanted: Draft<Endpoints>): boolean {
  const facts = ({ metadata, subsets = [] }: Draft<Endpoints>) => {
    const { [lastChangeTrigger]: _, ...annotations } = metadata?.annotations ?? {};
    return { labels: metadata?.labels ?? {}, annotations, subsets };
  };
  return isDeepStrictEqual(facts(current), facts(wanted));
}

function ignoreGone(error: unknown): void {
  if (!isNotFound(error)) throw error; // gone is what was wanted
}
