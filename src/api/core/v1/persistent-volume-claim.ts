import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { enumOf, type Infer, list, map, quantity, ref, string, struct, time } from "#schema/nodes.ts";
import { claimColumns } from "./persistent-volume-claim.columns.ts";
import { claimRules } from "./persistent-volume-claim.rules.ts";
import { PersistentVolumeClaimSpec } from "./volume.ts";

export const PersistentVolumeClaimCondition = struct("io.k8s.api.core.v1.PersistentVolumeClaimCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastProbeTime: time({ tag: 3 }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
});

export interface PersistentVolumeClaimCondition extends Infer<typeof PersistentVolumeClaimCondition> {}

export const ModifyVolumeStatus = struct("io.k8s.api.core.v1.ModifyVolumeStatus", {
  targetVolumeAttributesClassName: string({ tag: 1 }),
  status: enumOf(["Pending", "InProgress", "Infeasible"], { tag: 2, required: true }),
});

export interface ModifyVolumeStatus extends Infer<typeof ModifyVolumeStatus> {}

export const PersistentVolumeClaimStatus = struct("io.k8s.api.core.v1.PersistentVolumeClaimStatus", {
  phase: enumOf(["Pending", "Bound", "Lost"], { tag: 1, description: "Pending, Bound or Lost." }),
  accessModes: list(enumOf(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]), {
    tag: 2,
    description: "How the storage can be mounted.",
  }),
  capacity: map(quantity(), { tag: 3, description: "How much it holds." }),
  conditions: list(PersistentVolumeClaimCondition, {
    tag: 4,
    patch: "merge",
    mergeKey: "type",
    listType: "map",
    keys: ["type"],
    description: "What goes on with it now.",
  }),
  allocatedResources: map(quantity(), { tag: 5 }),
  allocatedResourceStatuses: map(
    enumOf([
      "ControllerResizeInProgress",
      "ControllerResizeInfeasible",
      "NodeResizePending",
      "NodeResizeInProgress",
      "NodeResizeInfeasible",
    ]),
    { tag: 7 },
  ),
  currentVolumeAttributesClassName: string({ tag: 8 }),
  modifyVolumeStatus: ref(ModifyVolumeStatus, { tag: 9 }),
});

export interface PersistentVolumeClaimStatus extends Infer<typeof PersistentVolumeClaimStatus> {}

export const PersistentVolumeClaim = kubeObject(
  "io.k8s.api.core.v1.PersistentVolumeClaim",
  {
    spec: ref(PersistentVolumeClaimSpec, { tag: 2, default: {}, description: "What storage is wished for." }),
    status: ref(PersistentVolumeClaimStatus, {
      tag: 3,
      description: "Whether there is storage for it, and what it is like.",
    }),
  },
  { description: "A wish for storage." },
);

export interface PersistentVolumeClaim extends Infer<typeof PersistentVolumeClaim>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const PersistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  scope: "Namespaced",
  schema: PersistentVolumeClaim,
  shortNames: ["pvc"],
  subresources: ["status"],
  columns: claimColumns,
  rules: claimRules,
});
