import type { Column } from "../resource.ts";
import { ago } from "./human-duration.ts";
import type { LabelSelector } from "./label-selector.ts";
import type { KubeObject } from "./object-meta.ts";
import { formatSelector, fromSpec } from "./selector.ts";

/** The columns that nearly every kind shows first and last. */
export const nameColumn: Column<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Unique within the namespace, for objects of one kind.",
  value: (o) => o.metadata.name,
};

export const ageColumn: Column<KubeObject> = {
  name: "Age",
  type: "string",
  description: "Time since the server created the object.",
  value: (o, now) => ago(o.metadata.creationTimestamp, now),
};

interface WithContainers {
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] };
}

/** What a kind that makes pods shows of its template with `-o wide`. */
export const templateColumns = <O extends KubeObject>(template: (object: O) => WithContainers | undefined) => {
  const containers = (o: O) => template(o)?.spec?.containers ?? [];
  return [
    {
      name: "Containers",
      type: "string",
      priority: 1,
      description: "Names of the containers in the template.",
      value: (o) =>
        containers(o)
          .map((c) => c.name)
          .join(","),
    },
    {
      name: "Images",
      type: "string",
      priority: 1,
      description: "Images of the containers in the template.",
      value: (o) =>
        containers(o)
          .map((c) => c.image ?? "")
          .join(","),
    },
  ] as const satisfies readonly Column<O>[];
};

/** A map of labels in a cell: `a=b,c=d` by key. */
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "<none>" : pairs.toSorted().join(",");
}

/** A label selector in a cell, its requirements by key. */
export function selectorCell(selector: LabelSelector | undefined): string {
  if (!selector) return "<none>";
  const requirements = fromSpec(selector).toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return formatSelector(requirements) || "<none>";
}

/** A list in a cell, cut after three entries. */
export function firstThree(all: readonly string[]): string {
  const shown = all.slice(0, 3).join(",");
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}
