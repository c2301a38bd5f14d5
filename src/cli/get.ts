import { json } from "node:stream/consumers";
import { toYaml } from "#api/meta/yaml.ts";
import { qualifiedName, type Resource } from "#api/resource.ts";
import { wireRequest } from "#client/request-path.ts";
import type { ApiRequest } from "#client/transport.ts";
import { type Access, accessFlags, namespaceFlag, withAccess } from "./access.ts";
import { type Command, type Flag, type Invocation, type Output, UsageError } from "./command.ts";
import { parseTargets, type Target } from "./kinds.ts";
import { readManifests } from "./manifests.ts";
import type { AnyObject } from "./objects.ts";
import { evaluateJsonPath } from "./printers/jsonpath.ts";
import { formatColumns, type Table, tableCells } from "./printers/table.ts";
import { type Frame, watchFrames } from "./watch-frames.ts";

const tableMedia = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

export const selectionFlags: readonly Flag[] = [
  namespaceFlag,
  { spec: "-A, --all-namespaces", help: "in all namespaces" },
  { spec: "-l, --selector <SELECTOR>", help: "only objects with these labels, as in: app=web,tier!=front" },
  { spec: "--field-selector <SELECTOR>", help: "only objects with these fields, as in: spec.nodeName=a" },
];

export const getCommand: Command = {
  name: "get",
  args: "[TYPE|TYPE/NAME...]",
  summary: "show objects as a table, or as the server has them",
  flags: [
    ...accessFlags,
    ...selectionFlags,
    { spec: "-f, --filename <PATH>", help: "the objects of these manifests", many: true },
    { spec: "-o, --output <FORMAT>", help: "wide, yaml, json, name, jsonpath=TEMPLATE" },
    { spec: "-w, --watch", help: "go on and show what changes" },
    { spec: "--show-labels", help: "labels as the last column" },
    { spec: "--no-headers", help: "rows only" },
  ],
  run: (invocation) => withAccess(invocation, (access) => get(invocation, access)),
};

async function get(invocation: Invocation, access: Access): Promise<void> {
  const { args, flags, out } = invocation;
  const targets = flags.filename
    ? (await readManifests(flags.filename as string[], { stdin: out.stdin, recursive: false })).map(
        ({ resource, object }) => ({
          resource,
          name: object.metadata?.name as string,
        }),
      )
    : parseTargets(args);
  if (flags.allNamespaces && targets.some((target) => target.name)) {
    throw new UsageError("a resource cannot be retrieved by name across all namespaces");
  }
  const format = String(flags.output ?? "");
  if (format === "" || format === "wide") return showTables(targets, invocation, access);
  if (flags.watch) throw new UsageError("-w goes with tables only: leave -o out, or use -o wide");
  await showObjects(targets, format, invocation, access);
}

/** The request for one target; a name makes it a get, or a list of one where it is watched. */
function requestFor({ resource, name }: Target, { flags }: Invocation, { namespace }: Access): ApiRequest {
  const scoped = resource.scope === "Namespaced" && !flags.allNamespaces ? namespace : undefined;
  const fieldSelector = [flags.fieldSelector, name && flags.watch ? `metadata.name=${name}` : ""]
    .filter(Boolean)
    .join(",");
  const labelSelector = flags.selector as string | undefined;
  if (name && !flags.watch) return { verb: "get", resource, namespace: scoped, name };
  return {
    verb: "list",
    resource,
    namespace: scoped,
    options: { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) },
  };
}

async function fetchJson<T>(access: Access, request: ApiRequest, accept: string, signal: AbortSignal): Promise<T> {
  const { method, path } = wireRequest(request);
  return (await json(await access.connection.call({ method, path, headers: { accept }, signal }))) as T;
}

async function showTables(targets: readonly Target[], invocation: Invocation, access: Access): Promise<void> {
  const { out, flags, signal } = invocation;
  const several = new Set(targets.map((target) => target.resource)).size > 1;
  let shown = 0;
  for (const [resource, group] of groupByKind(targets)) {
    const tables: Table[] = [];
    for (const target of group)
      tables.push(await fetchJson(access, requestFor(target, invocation, access), tableMedia, signal));
    const printer = tablePrinter(resource, { invocation, several });
    const rows = tables.flatMap((table) => table.rows ?? []);
    if (rows.length === 0 && !flags.watch) continue;
    if (shown++ > 0) out.line("");
    printer.print({ columnDefinitions: tables[0]?.columnDefinitions ?? [], rows });
    if (flags.watch) await watchTable(group[0] as Target, printer, tables[0] as Table, invocation, access);
  }
  if (shown === 0 && !flags.watch) {
    out.warn(
      flags.allNamespaces || targets.every((t) => t.resource.scope === "Cluster")
        ? "No resources found"
        : `No resources found in ${access.namespace} namespace.`,
    );
  }
}

function groupByKind(targets: readonly Target[]): Map<Resource, Target[]> {
  const groups = new Map<Resource, Target[]>();
  for (const target of targets) groups.set(target.resource, [...(groups.get(target.resource) ?? []), target]);
  return groups;
}

interface TablePrinter {
  print(table: Table): void;
}

function tablePrinter(
  resource: Resource,
  { invocation: { flags, out }, several }: { invocation: Invocation; several: boolean },
): TablePrinter {
  const widths: number[] = [];
  let columns: NonNullable<Table["columnDefinitions"]> = [];
  let headers = !flags.noHeaders;
  return {
    print(table) {
      if (table.columnDefinitions?.length) columns = table.columnDefinitions;
      const cells = tableCells(table, columns, {
        wide: flags.output === "wide",
        withNamespace: Boolean(flags.allNamespaces) && resource.scope === "Namespaced",
        showLabels: Boolean(flags.showLabels),
        headers,
        ...(several && { namePrefix: `${resource.singular}${resource.group ? `.${resource.group}` : ""}/` }),
      });
      headers = false;
      for (const line of formatColumns(cells, widths)) out.line(line);
    },
  };
}

async function watchTable(
  target: Target,
  printer: TablePrinter,
  first: Table,
  invocation: Invocation,
  access: Access,
): Promise<void> {
  const request = requestFor(target, invocation, access);
  const resourceVersion = (first as AnyObject).metadata?.resourceVersion as string;
  const { path } = wireRequest({ ...request, verb: "watch", options: { ...request.options, resourceVersion } });
  const answer = await access.connection.call({
    method: "GET",
    path,
    headers: { accept: tableMedia },
    signal: invocation.signal,
  });
  for await (const frame of watchFrames(answer, invocation.signal)) showFrame(frame, printer);
}

function showFrame({ type, object }: Frame, printer: TablePrinter): void {
  if (type === "BOOKMARK") return;
  if (type === "ERROR") throw new UsageError((object as { message?: string }).message ?? "the watch ended");
  printer.print(object as Table);
}

async function showObjects(
  targets: readonly Target[],
  format: string,
  invocation: Invocation,
  access: Access,
): Promise<void> {
  const { out, signal } = invocation;
  const objects: AnyObject[] = [];
  let list = targets.length > 1;
  for (const target of targets) {
    const answer = await fetchJson<AnyObject & { items?: AnyObject[] }>(
      access,
      requestFor(target, invocation, access),
      "application/json",
      signal,
    );
    if (answer.items) {
      list = true;
      const head = { apiVersion: answer.apiVersion as string, kind: target.resource.kind };
      objects.push(...answer.items.map((item) => ({ ...head, ...item })));
    } else objects.push(answer);
  }
  const whole: AnyObject = list
    ? { apiVersion: "v1", items: objects, kind: "List", metadata: { resourceVersion: "" } }
    : (objects[0] as AnyObject);
  await print(whole, objects, format, targets, out);
}

async function print(
  whole: AnyObject,
  objects: readonly AnyObject[],
  format: string,
  targets: readonly Target[],
  out: Output,
): Promise<void> {
  if (format === "json") return out.line(JSON.stringify(whole, null, 4));
  if (format === "yaml") return out.line((await toYaml(sorted(whole))).trimEnd());
  if (format === "name") {
    for (const object of objects) {
      const resource = targets.find((target) => target.resource.kind === object.kind)?.resource;
      out.line(`${resource ? nameOfKind(resource) : object.kind}/${object.metadata?.name}`);
    }
    return;
  }
  const template = /^jsonpath=(.*)$/s.exec(format)?.[1];
  if (template === undefined)
    throw new UsageError(`unable to match a printer for "${format}": use wide, yaml, json, name or jsonpath=TEMPLATE`);
  await out.write(evaluateJsonPath(template, whole));
}

export const nameOfKind = (resource: Resource) => qualifiedName({ plural: resource.singular, group: resource.group });

/** Keys in the order of the alphabet, as kubectl prints YAML. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
