import { type Infer, list, map, quantity, string, struct } from "#schema/nodes.ts";
import { checkResourceRequirements } from "./resources.rules.ts";

export const ResourceClaim = struct("io.k8s.api.core.v1.ResourceClaim", {
  name: string({ tag: 1, required: true }),
  request: string({ tag: 2 }),
});

export interface ResourceClaim extends Infer<typeof ResourceClaim> {}

export const ResourceRequirements = struct(
  "io.k8s.api.core.v1.ResourceRequirements",
  {
    limits: map(quantity(), { tag: 1, description: "At most this much." }),
    requests: map(quantity(), { tag: 2, description: "At least this much; the limits by default." }),
    claims: list(ResourceClaim, {
      tag: 3,
      description: "Devices from the pod's resourceClaims.",
      listType: "map",
      keys: ["name"],
    }),
  },
  {
    description: "Amounts of CPU, memory and other resources.",
    check: (v, path) => checkResourceRequirements(v, path),
  },
);

export interface ResourceRequirements extends Infer<typeof ResourceRequirements> {}

export const VolumeResourceRequirements = struct("io.k8s.api.core.v1.VolumeResourceRequirements", {
  limits: map(quantity(), { tag: 1 }),
  requests: map(quantity(), { tag: 2 }),
});

export interface VolumeResourceRequirements extends Infer<typeof VolumeResourceRequirements> {}
