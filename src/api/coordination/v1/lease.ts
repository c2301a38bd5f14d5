import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, int, microTime, ref, string, struct } from "#schema/nodes.ts";
import { checkLeaseSpec } from "./lease.rules.ts";

export const LeaseSpec = struct(
  "io.k8s.api.coordination.v1.LeaseSpec",
  {
    holderIdentity: string({ tag: 1, description: "Who holds it." }),
    leaseDurationSeconds: int({ tag: 2, description: "How long after renewTime others must wait." }),
    acquireTime: microTime({ tag: 3, description: "When the holder got it." }),
    renewTime: microTime({ tag: 4, description: "When the holder renewed it last." }),
    leaseTransitions: int({ tag: 5, description: "How often the holder changed." }),
    strategy: string({ tag: 6, description: "How the next leader is chosen." }),
    preferredHolder: string({ tag: 7, description: "Who should take it over." }),
  },
  { check: (v, path) => checkLeaseSpec(v, path) },
);

export interface LeaseSpec extends Infer<typeof LeaseSpec> {}

export const Lease = kubeObject(
  "io.k8s.api.coordination.v1.Lease",
  {
    spec: ref(LeaseSpec, { tag: 2, description: "Who holds it and until when.", default: {} }),
  },
  { description: "A claim that expires unless it is renewed: for leaders and for signs of life." },
);

export interface Lease extends Infer<typeof Lease>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Leases = defineResource<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  scope: "Namespaced",
  schema: Lease,
  specFields: [],
  columns: [
    nameColumn,
    {
      name: "Holder",
      type: "string",
      description: "Who holds the lease now.",
      value: ({ spec }) => spec.holderIdentity ?? "",
    },
    ageColumn,
  ],
});
