import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { ControllerRevision } from "./controller-revision.ts";

export const controllerRevisionColumns: readonly Column<ControllerRevision>[] = [
  nameColumn,
  {
    name: "Controller",
    type: "string",
    description: "The object whose state it holds.",
    value: ({ metadata }) => {
      const owner = metadata.ownerReferences?.find((reference) => reference.controller);
      if (!owner) return "<none>";
      const [group, version] = owner.apiVersion.split("/");
      return `${owner.kind.toLowerCase()}${version ? `.${group}` : ""}/${owner.name}`;
    },
  },
  { name: "Revision", type: "integer", description: "Its place in the history.", value: ({ revision }) => revision },
  ageColumn,
];
