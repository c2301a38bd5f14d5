import type { Resource } from "#api/resource.ts";

/** Everything that the API server stores lies below this. */
export const storageRoot = "registry/";

/** Below this lie all objects of a kind. */
export const kindPrefix = ({ storageName }: Pick<Resource, "storageName">): string => `${storageRoot}${storageName}/`;

/** Below this lie the objects of a kind in one namespace; without a namespace, in all. */
export const rangePrefix = (resource: Pick<Resource, "storageName">, namespace?: string): string =>
  namespace ? `${kindPrefix(resource)}${namespace}/` : kindPrefix(resource);

export const objectKey = (
  resource: Pick<Resource, "storageName" | "scope">,
  namespace: string | undefined,
  name: string,
): string => `${rangePrefix(resource, resource.scope === "Namespaced" ? namespace : undefined)}${name}`;

/** The `storageName` in a key. */
export function storageNameOf(key: string): string {
  return key.slice(storageRoot.length, key.indexOf("/", storageRoot.length));
}
