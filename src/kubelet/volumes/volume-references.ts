import type { Pod } from "#api/core/v1/pod.ts";

export interface VolumeReference {
  readonly volume: string;
  readonly kind: "configmap" | "secret";
  readonly name: string;
  readonly optional: boolean;
}

/** The ConfigMaps and Secrets that a pod's volumes are made from. */
export function referencedByVolumes({ spec }: Pod): VolumeReference[] {
  return (spec.volumes ?? []).flatMap(({ name: volume, configMap, secret, projected }) => {
    const found: VolumeReference[] = [];
    const add = (kind: VolumeReference["kind"], name: string | undefined, optional: boolean | undefined) => {
      if (name) found.push({ volume, kind, name, optional: optional ?? false });
    };
    if (configMap) add("configmap", configMap.name, configMap.optional);
    if (secret) add("secret", secret.secretName, secret.optional);
    for (const source of projected?.sources ?? []) {
      if (source.configMap) add("configmap", source.configMap.name, source.configMap.optional);
      if (source.secret) add("secret", source.secret.name, source.secret.optional);
    }
    return found;
  });
}
