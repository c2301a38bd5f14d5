import { Events, type Nodes, Pods } from "#api/catalog.ts";
import type { Event } from "#api/core/v1/event.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { amountsOf, podRequests } from "#api/core/v1/pod-requests.ts";
import { humanDuration } from "#api/meta/human-duration.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import { systemClock } from "#kit/clock.ts";
import { type Access, accessFlags, withAccess } from "./access.ts";
import type { Command, Invocation } from "./command.ts";
import { selectionFlags } from "./get.ts";
import { parseTargets } from "./kinds.ts";
import { outline } from "./printers/outline.ts";
import { formatColumns } from "./printers/table.ts";

export const describeCommand: Command = {
  name: "describe",
  args: "<TYPE|TYPE/NAME...>",
  summary: "tell everything about objects, with their events",
  flags: [...accessFlags, ...selectionFlags],
  run: (invocation) =>
    withAccess(invocation, async (access) => {
      let first = true;
      for (const object of await chosen(invocation, access)) {
        if (!first) invocation.out.line("\n");
        first = false;
        for (const line of await describe(object, access)) invocation.out.line(line);
      }
      if (first) invocation.out.warn("No resources found");
    }),
};

async function chosen({ args, flags }: Invocation, { client, namespace }: Access): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for (const { resource, name } of parseTargets(args)) {
    const scoped = resource.scope === "Namespaced" && !flags.allNamespaces ? namespace : undefined;
    if (name) found.push(withKind(resource, await client.get(resource, { namespace: scoped, name })));
    else {
      const labelSelector = flags.selector as string | undefined;
      const { items } = await client.list(resource, { namespace: scoped, ...(labelSelector && { labelSelector }) });
      found.push(...items.map((item) => withKind(resource, item)));
    }
  }
  return found;
}

const withKind = ({ kind }: Resource, object: KubeObject): KubeObject => ({ ...object, kind });

async function describe(object: KubeObject, access: Access): Promise<string[]> {
  const { metadata, kind, apiVersion: _, ...rest } = object as KubeObject & Record<string, unknown>;
  const head = {
    Name: metadata.name,
    ...(metadata.namespace && { Namespace: metadata.namespace }),
    Labels: pairs(metadata.labels, "="),
    Annotations: pairs(metadata.annotations, ": "),
    "Creation Time": metadata.creationTimestamp,
    ...(metadata.deletionTimestamp && { Terminating: `since ${metadata.deletionTimestamp}` }),
    "Controlled By":
      metadata.ownerReferences
        ?.filter((owner) => owner.controller)
        .map((owner) => `${owner.kind}/${owner.name}`)
        .join(", ") || undefined,
  };
  const shown = kind === "Secret" ? hidden(rest) : rest;
  const lines = [...outline(head), ...outline(shown)];
  if (kind === "Node") lines.push(...(await podsOn(metadata.name, object, access)));
  lines.push(...(await eventsOf(object, access)));
  return lines;
}

/** Values of Secrets are not for every screen: only how long they are. */
function hidden({ data, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const sizes = Object.entries((data as Record<string, string>) ?? {}).map(([key, value]) => [
    key,
    `${Buffer.from(value, "base64").length} bytes`,
  ]);
  return { ...rest, data: Object.fromEntries(sizes) };
}

function pairs(map: Readonly<Record<string, string>> | undefined, separator: string): string[] | string {
  const entries = Object.entries(map ?? {}).map(([key, value]) => `${key}${separator}${value}`);
  return entries.length > 0 ? entries : "<none>";
}

async function podsOn(name: string, node: KubeObject, { client }: Access): Promise<string[]> {
  const { items } = await client.list(Pods, { fieldSelector: `spec.nodeName=${name}` });
  const live = items.filter((pod: Pod) => pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed");
  const requests = live.map((pod) => podRequests(pod.spec));
  const rows = live.map((pod, i) => [
    pod.metadata.namespace ?? "",
    pod.metadata.name,
    `${requests[i]?.cpu ?? 0}m`,
    `${Math.round((requests[i]?.memory ?? 0) / 1024 ** 2)}Mi`,
  ]);
  const room = amountsOf((node as typeof Nodes._object)?.status?.allocatable);
  const share = (what: "cpu" | "memory") => {
    const sum = requests.reduce((total, request) => total + (request[what] ?? 0), 0);
    return `${Math.round((sum * 100) / (room[what] || 1))}%`;
  };
  return [
    `Non-terminated Pods:  (${live.length} in total)`,
    ...formatColumns([["NAMESPACE", "NAME", "CPU REQUESTS", "MEMORY REQUESTS"], ...rows]).map((line) => `  ${line}`),
    `Allocated:  cpu ${share("cpu")}, memory ${share("memory")}`,
  ];
}

async function eventsOf({ metadata, kind }: KubeObject, { client }: Access): Promise<string[]> {
  // Events about what has no namespace lie in the default one; a node's own carry its name for its uid.
  const { items } = await client.list(Events, {
    namespace: metadata.namespace ?? "default",
    fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${metadata.name}`,
  });
  if (items.length === 0) return ["Events:  <none>"];
  const now = systemClock.now();
  const last = (event: Event) => Date.parse(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);
  const rows = items
    .toSorted((a, b) => last(a) - last(b))
    .map((event) => {
      const age = humanDuration(now - last(event));
      const times = event.count && event.count > 1 ? `${age} (x${event.count})` : age;
      return [
        event.type ?? "",
        event.reason ?? "",
        times,
        event.source?.component || event.reportingComponent || "",
        event.message ?? "",
      ];
    });
  return [
    "Events:",
    ...formatColumns([["Type", "Reason", "Age", "From", "Message"], ...rows]).map((line) => `  ${line}`),
  ];
}
