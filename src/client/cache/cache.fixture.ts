import type { ConfigMap } from "#api/core/v1/config-map.ts";
import type { WatchEvent } from "#api/meta/watch.ts";

/** A small object at a revision, as tests of the cache need them by the dozen. */
export function configMap(name: string, revision: number, rest: Partial<ConfigMap["metadata"]> = {}): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      namespace: "default",
      uid: `uid-${name}`,
      creationTimestamp: "2030-01-01T00:00:00Z",
      ...rest,
      name,
      resourceVersion: String(revision),
    },
  };
}

export const added = (object: ConfigMap) => event("ADDED", object);
export const modified = (object: ConfigMap) => event("MODIFIED", object);
export const deleted = (object: ConfigMap) => event("DELETED", object);

function event(type: "ADDED" | "MODIFIED" | "DELETED", object: ConfigMap): WatchEvent<ConfigMap> {
  return { type, object, revision: Number(object.metadata.resourceVersion) };
}
