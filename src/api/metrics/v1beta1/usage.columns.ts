import { nameColumn } from "#api/meta/columns.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Column } from "#api/resource.ts";
import { addQuantities, formatQuantity, parseQuantity, quantityOf } from "#schema/quantity.ts";

type Usages = readonly (Readonly<Record<string, string>> | undefined)[];

/** Name, what is used all together, and how long was measured. */
export function usageColumns<O extends KubeObject & { window?: string }>(usages: (object: O) => Usages): Column<O>[] {
  const total = (object: O, name: "cpu" | "memory") =>
    formatQuantity(
      usages(object)
        .map((usage) => parseQuantity(usage?.[name] ?? "0"))
        .reduce(addQuantities, quantityOf(0, name === "cpu" ? "decimalSI" : "binarySI")),
    );
  return [
    nameColumn,
    { name: "cpu", type: "string", value: (object) => total(object, "cpu") },
    { name: "memory", type: "string", value: (object) => total(object, "memory") },
    { name: "Window", type: "string", format: "duration", value: ({ window }) => window },
  ];
}
