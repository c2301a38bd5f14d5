import { Pods } from "#api/core/v1/pod.ts";
import { Services } from "#api/core/v1/service.ts";
import { type EndpointSlice, EndpointSlices } from "#api/discovery/v1/endpoint-slice.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import { fromLabels, matches } from "#api/meta/selector.ts";
import { type ControllerDefinition, cacheIndex, wake } from "#controller/controller.ts";
import { controllerReference } from "#controller/owners.ts";
import { managedByLabel, managedByUs, planSlices, serviceNameLabel } from "./endpoint-slice.plan.ts";
import { choosesPods, servicesOf } from "./service-endpoints.ts";

/** The slices that this controller manages, by `<namespace>/<service>`. */
const byService = "service";

/** Shows the pods behind each Service as EndpointSlices, from which proxies and DNS learn them. */
export const endpointSliceController: ControllerDefinition<typeof Services> = {
  name: "endpoint-slice-controller",
  for: Services,
  indexes: [cacheIndex(EndpointSlices, byService, serviceKeys)],
  wakes: [
    wake(Pods, servicesOf),
    wake(EndpointSlices, (slice) => {
      if (serviceKeys(slice).length === 0) return [];
      return [{ namespace: slice.metadata.namespace, name: slice.metadata.labels?.[serviceNameLabel] ?? "" }];
    }),
  ],

  async reconcile(key, { cache, client }) {
    const service = cache.find(Services, key);
    // The slices of a Service that is gone are collected with it; one without selector has its author's slices.
    if (!service || service.metadata.deletionTimestamp || !choosesPods(service)) return;
    const selector = fromLabels(service.spec.selector);
    const pods = cache.all(Pods, key.namespace).filter((pod) => matches(selector, pod.metadata.labels));
    const plan = planSlices(service, pods, cache.indexed(EndpointSlices, byService, `${key.namespace}/${key.name}`));
    const ownerReferences = [controllerReference(Services, service)];
    for (const draft of plan.create) {
      await client.create(EndpointSlices, { ...draft, metadata: { ...draft.metadata, ownerReferences } });
    }
    for (const slice of plan.update) await client.update(EndpointSlices, slice);
    for (const { metadata } of plan.remove) {
      try {
        await client.delete(EndpointSlices, metadata, { preconditions: { uid: metadata.uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error; // gone is what was wanted
      }
    }
  },
};

function serviceKeys({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.[serviceNameLabel];
  return name && metadata.labels?.[managedByLabel] === managedByUs ? [`${metadata.namespace}/${name}`] : [];
}
