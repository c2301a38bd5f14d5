import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { Node } from "./node.ts";

type Info = NonNullable<NonNullable<Node["status"]>["nodeInfo"]>;

const wide = (name: string, description: string, value: (node: Node) => string): Column<Node> => ({
  name,
  type: "string",
  priority: 1,
  description,
  value,
});

const info = (name: string, field: keyof Info & string, description: string) =>
  wide(name, description, (node) => String(node.status?.nodeInfo?.[field] || "<unknown>"));

const address = (node: Node, type: string) => node.status?.addresses?.find((a) => a.type === type)?.address || "<none>";

export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  { name: "Status", type: "string", description: "Whether the node is ready and takes pods.", value: readiness },
  {
    name: "Roles",
    type: "string",
    description: "Roles that labels give to the node.",
    value: (node) => rolesOf(node).join(",") || "<none>",
  },
  ageColumn,
  {
    name: "Version",
    type: "string",
    description: "Version of the node's agent.",
    value: (node) => node.status?.nodeInfo?.kubeletVersion ?? "",
  },
  wide("Internal-IP", "Address inside the cluster.", (node) => address(node, "InternalIP")),
  wide("External-IP", "Address outside the cluster.", (node) => address(node, "ExternalIP")),
  info("OS-Image", "osImage", "Operating system."),
  info("Kernel-Version", "kernelVersion", "Version of the kernel."),
  info("Container-Runtime", "containerRuntimeVersion", "Container runtime and its version."),
];

function readiness({ spec, status }: Node): string {
  const ready = status?.conditions?.find((c) => c.type === "Ready");
  const word = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec.unschedulable ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = "node-role.kubernetes.io/";

function rolesOf({ metadata }: Node): string[] {
  const roles = Object.entries(metadata.labels ?? {}).map(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key.slice(rolePrefix.length);
    return key === "kubernetes.io/role" ? value : "";
  });
  return [...new Set(roles)].filter((role) => role !== "").toSorted();
}
