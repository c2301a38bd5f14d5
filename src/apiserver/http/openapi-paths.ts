import type { Resource, Subresource } from "#api/resource.ts";
import {
  type GroupVersionKind,
  isConnection,
  kindOf,
  subresourceKind,
  subresourceVerbs,
  verbsOf,
} from "./subresource-kinds.ts";

/** One method of one path, said once for both versions of OpenAPI. */
export interface Operation {
  readonly method: "get" | "put" | "post" | "delete" | "patch";
  readonly action: string;
  readonly id: string;
  readonly tag: string;
  readonly description: string;
  readonly kind: GroupVersionKind;
  readonly query: readonly Parameter[];
  /** Names of schemas; a text when there is none. */
  readonly takes?: string;
  readonly gives?: string;
}

export interface Parameter {
  readonly name: string;
  readonly type: "string" | "boolean" | "integer";
  readonly description: string;
}

export interface PathItem {
  readonly path: string;
  /** Parts of the path in braces. */
  readonly parameters: readonly string[];
  readonly operations: readonly Operation[];
}

export const metaSchemas = {
  status: "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
  deleteOptions: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  patch: "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
} as const;

export const listSchemaName = ({ schema }: Resource): string => `${schema.name}List`;

/** All paths under which a kind can be reached. */
export function pathsOf(resource: Resource): readonly PathItem[] {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const namespaced = resource.scope === "Namespaced";
  const within = namespaced ? ["namespace"] : [];
  const collection = `${root}${namespaced ? "/namespaces/{namespace}" : ""}/${resource.plural}`;
  const one = `${collection}/{name}`;
  const named = [...within, "name"];
  const { operation } = describing(resource);
  const verbs = verbsOf(resource);
  const operations = (...actions: readonly Action[]) =>
    actions.filter((action) => verbs.includes(verbOf(action))).map((action) => operation(action));
  const items: PathItem[] = [
    { path: collection, parameters: within, operations: operations("list", "post", "deletecollection") },
    { path: one, parameters: named, operations: operations("get", "put", "delete", "patch") },
    ...resource.subresources.map((subresource) => ({
      path: `${one}/${subresource}`,
      parameters: named,
      operations: subresourceVerbs[subresource].map((verb) => operation(actionOf(verb), subresource)),
    })),
  ];
  if (namespaced) {
    const everywhere = {
      path: `${root}/${resource.plural}`,
      parameters: [],
      operations: [operation("list", "everywhere")],
    };
    items.push(everywhere);
  }
  return items.filter((item) => item.operations.length > 0);
}

type Action = "list" | "post" | "get" | "put" | "delete" | "patch" | "deletecollection";

const verbOf = (action: Action): string => ({ post: "create", put: "update" })[action as string] ?? action;

const actionOf = (verb: string): Action => (({ create: "post", update: "put" })[verb] ?? verb) as Action;

const methodOf = (action: Action): Operation["method"] =>
  action === "list" ? "get" : action === "deletecollection" ? "delete" : action;

const text = (name: string, description: string): Parameter => ({ name, type: "string", description });
const flag = (name: string, description: string): Parameter => ({ name, type: "boolean", description });
const number = (name: string, description: string): Parameter => ({ name, type: "integer", description });

const pretty = text("pretty", "'true' gives the answer lines and indentation.");
const dryRun = text("dryRun", "'All' checks and answers as if it were done, and does nothing.");
const writing = [
  pretty,
  dryRun,
  text("fieldManager", "Who makes the change; at most 128 printable characters."),
  text("fieldValidation", "What to do about unknown and duplicate fields: Ignore, Warn or Strict."),
];
const force = flag("force", "Take over fields that others manage. Only for apply patches.");
const listing = [
  pretty,
  flag("allowWatchBookmarks", "Bookmarks may be sent in a watch."),
  text("continue", "Where the list before this one ended, as the server said."),
  text("fieldSelector", "Only objects whose fields are like this."),
  text("labelSelector", "Only objects whose labels are like this."),
  number("limit", "How many objects at most."),
  text("resourceVersion", "How new the answer must be."),
  text("resourceVersionMatch", "How resourceVersion is meant: Exact or NotOlderThan."),
  flag("sendInitialEvents", "A watch starts with what there is."),
  number("timeoutSeconds", "When to end the call."),
  flag("watch", "Tell what changes instead of listing what there is."),
];
const deleting = [
  pretty,
  dryRun,
  number("gracePeriodSeconds", "How long the object has to end well."),
  flag("orphanDependents", "Deprecated: use propagationPolicy."),
  text("propagationPolicy", "What becomes of dependents: Orphan, Background or Foreground."),
];

const queries: Readonly<Record<Action, readonly Parameter[]>> = {
  list: listing,
  get: [pretty],
  post: writing,
  put: writing,
  patch: [...writing, force],
  delete: deleting,
  deletecollection: [...new Map([...listing, ...deleting].map((p) => [p.name, p])).values()],
};

const words: Readonly<Record<Action, string>> = {
  list: "list",
  get: "read",
  post: "create",
  put: "replace",
  patch: "partially update",
  delete: "delete",
  deletecollection: "delete collection of",
};

const upper = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function describing(resource: Resource) {
  const { group, version, kind } = resource;
  const groupWord = group
    ? upper(group.replace(/\.k8s\.io$/, "").replace(/\.(\w)/g, (_, c: string) => c.toUpperCase()))
    : "Core";
  const tag = `${groupWord.charAt(0).toLowerCase()}${groupWord.slice(1)}_${version}`;
  const scope = resource.scope === "Namespaced" ? "Namespaced" : "";

  function operation(action: Action, below?: Subresource | "everywhere"): Operation {
    const everywhere = below === "everywhere";
    const subresource = below === "everywhere" ? undefined : below;
    const connect = subresource !== undefined && isConnection(subresource) && subresource !== "log";
    const verb =
      action === "deletecollection"
        ? "deleteCollection"
        : connect
          ? `connect${upper(methodOf(action))}`
          : (words[action].split(" ")[0] as string);
    const idVerb = action === "patch" && !connect ? "patch" : verb;
    const about = subresource ? subresourceKind(resource, subresource) : kindOf(resource);
    const schema = subresource ? subresourceSchema(resource, subresource) : resource.schema.name;
    const sub = subresource ? upper(subresource) : everywhere ? "ForAllNamespaces" : "";
    return {
      method: methodOf(action),
      action: connect ? "connect" : action,
      id: `${idVerb}${groupWord}${upper(version)}${everywhere ? "" : scope}${kind}${sub}`,
      tag,
      description: `${connect ? `connect ${methodOf(action).toUpperCase()} requests to` : words[action]} ${subresource ? `${subresource} of ` : ""}${kind}`,
      kind: about,
      query: connect || subresource === "log" ? [] : queries[action],
      ...bodies(action, schema, resource),
    };
  }
  return { operation };
}

/** The schema behind a subresource; undefined where text or a stream goes. */
function subresourceSchema(resource: Resource, subresource: Subresource): string | undefined {
  switch (subresource) {
    case "status":
    case "finalize":
      return resource.schema.name;
    case "scale":
      return "io.k8s.api.autoscaling.v1.Scale";
    case "eviction":
      return "io.k8s.api.policy.v1.Eviction";
    case "binding":
      return "io.k8s.api.core.v1.Binding";
    case "token":
      return "io.k8s.api.authentication.v1.TokenRequest";
    default:
      return undefined;
  }
}

function bodies(action: Action, schema: string | undefined, resource: Resource): { takes?: string; gives?: string } {
  if (!schema) return {};
  switch (action) {
    case "list":
      return { gives: listSchemaName(resource) };
    case "get":
      return { gives: schema };
    case "patch":
      return { takes: metaSchemas.patch, gives: schema };
    case "delete":
    case "deletecollection":
      return { takes: metaSchemas.deleteOptions, gives: metaSchemas.status };
    default:
      return { takes: schema, gives: schema };
  }
}
