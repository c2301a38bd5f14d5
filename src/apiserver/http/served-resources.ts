import { apiVersionOf, type Resource } from "#api/resource.ts";

/** What the server offers right now. Kinds come and go at run time, so readers cache by `generation`. */
export interface ServedResources {
  /** Grows whenever `all` changes. */
  readonly generation: number;
  all(): readonly Resource[];
  find(group: string, version: string, plural: string): Resource | undefined;
}

/** A set that never changes. */
export function fixedResources(resources: readonly Resource[]): ServedResources {
  const byPath = new Map(resources.map((r) => [`${apiVersionOf(r)}/${r.plural}`, r]));
  return {
    generation: 1,
    all: () => resources,
    find: (group, version, plural) => byPath.get(`${apiVersionOf({ group, version })}/${plural}`),
  };
}
