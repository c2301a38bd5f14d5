import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

export const claimColumns: readonly Column<PersistentVolumeClaim>[] = [
  nameColumn,
  {
    name: "Status",
    type: "string",
    description: "Pending, Bound or Lost.",
    value: ({ metadata, status }) => (metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? "")),
  },
  { name: "Volume", type: "string", description: "The storage behind it.", value: ({ spec }) => spec.volumeName ?? "" },
  {
    name: "Capacity",
    type: "string",
    description: "How much it holds.",
    value: ({ spec, status }) => (spec.volumeName ? (status?.capacity?.storage ?? "0") : ""),
  },
  {
    name: "Access Modes",
    type: "string",
    description: "How it can be mounted.",
    value: ({ spec, status }) =>
      spec.volumeName ? (status?.accessModes ?? []).map((mode) => shortModes[mode] ?? mode).join(",") : "",
  },
  {
    name: "StorageClass",
    type: "string",
    description: "The class of storage that is asked for.",
    value: ({ spec }) => spec.storageClassName ?? "",
  },
  {
    name: "VolumeAttributesClass",
    type: "string",
    description: "The class of attributes that is asked for.",
    value: ({ spec }) => spec.volumeAttributesClassName || "<unset>",
  },
  ageColumn,
  {
    name: "VolumeMode",
    type: "string",
    priority: 1,
    description: "A file system or a block device.",
    value: ({ spec }) => spec.volumeMode ?? "<unset>",
  },
];
