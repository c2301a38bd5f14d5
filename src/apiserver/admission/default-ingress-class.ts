import { Ingresses } from "#api/catalog.ts";
import { classAnnotation } from "#api/networking/v1/ingress.rules.ts";
import type { Ingress } from "#api/networking/v1/ingress.ts";
import type { IngressClass } from "#api/networking/v1/ingress-class.ts";
import type { AdmissionPlugin } from "./admission.ts";

const defaultAnnotation = "ingressclass.kubernetes.io/is-default-class";

/** An Ingress that names no class gets the one that is for all; of several the newest. */
export function defaultIngressClass(classes: () => Iterable<IngressClass>): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    mutate({ verb, resource, subresource, object }) {
      if (verb !== "create" || resource !== Ingresses || subresource) return;
      const { spec, metadata } = object as Ingress;
      if (spec.ingressClassName !== undefined || metadata.annotations?.[classAnnotation] !== undefined) return;
      const standard = [...classes()].filter((each) => each.metadata.annotations?.[defaultAnnotation] === "true");
      const [newest] = standard.toSorted(newestFirst);
      if (newest) spec.ingressClassName = newest.metadata.name;
    },
  };
}

/** Of those made in the same second the first by name. */
function newestFirst({ metadata: a }: IngressClass, { metadata: b }: IngressClass): number {
  const [earlier = "", later = ""] = [a.creationTimestamp, b.creationTimestamp];
  if (earlier === later) return a.name < b.name ? -1 : 1;
  return earlier > later ? -1 : 1;
}
