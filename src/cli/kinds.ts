import { builtinResources } from "#api/catalog.ts";
import { apiVersionOf, qualifiedName, type Resource } from "#api/resource.ts";
import { UsageError } from "./command.ts";

/** The kind that a word means: plural, singular, short name, `plural.group`, or the kind itself. */
function kindNamed(word: string): Resource {
  const asked = word.toLowerCase();
  const found = builtinResources.find(
    (resource) =>
      [resource.plural, resource.singular, resource.kind.toLowerCase(), ...resource.shortNames].includes(asked) ||
      qualifiedName(resource) === asked ||
      `${resource.plural}.${resource.version}.${resource.group}` === asked,
  );
  if (!found) throw new UsageError(`the server doesn't have a resource type "${word}"`);
  return found;
}

/** The kind of a manifest. */
export function kindOfManifest({ apiVersion, kind }: { apiVersion?: string; kind?: string }, where: string): Resource {
  if (!kind) throw new UsageError(`${where}: kind is missing`);
  if (!apiVersion) throw new UsageError(`${where}: apiVersion is missing`);
  const found = builtinResources.find((resource) => resource.kind === kind && apiVersionOf(resource) === apiVersion);
  if (!found) throw new UsageError(`${where}: no matches for kind "${kind}" in version "${apiVersion}"`);
  return found;
}

/** What a command is about: one kind and, when they are given, names of it. */
export interface Target {
  readonly resource: Resource;
  readonly name?: string;
}

/** `all` stands for every kind of that category. */
function kindsNamed(word: string): Resource[] {
  const category = builtinResources.filter((resource) => resource.categories.includes(word));
  return category.length > 0 ? category : [kindNamed(word)];
}

/** `pods`, `pod a b`, `pod/a svc/b`, `pods,services`, `all`. */
export function parseTargets(args: readonly string[]): Target[] {
  const [first, ...names] = args;
  if (first === undefined) throw new UsageError("you must specify the type of resource, as in: minik8s get pods");
  if (args.some((arg) => arg.includes("/"))) {
    return args.map((arg) => {
      const [kind, name, ...more] = arg.split("/");
      if (!kind || !name || more.length > 0) {
        throw new UsageError(
          `arguments in resource/name form must have a single resource and name, and "${arg}" has not`,
        );
      }
      return { resource: kindNamed(kind), name };
    });
  }
  const kinds = first.split(",").flatMap(kindsNamed);
  if (names.length === 0) return kinds.map((resource) => ({ resource }));
  return kinds.flatMap((resource) => names.map((name) => ({ resource, name })));
}

/** One object, as `deployment web` or `deployment/web`; with `standard`, a bare word is a name of that kind. */
export function parseOne(args: readonly string[], standard?: Resource): { resource: Resource; name: string } {
  const [first] = args;
  if (standard && first !== undefined && !first.includes("/")) return { resource: standard, name: first };
  const targets = parseTargets(args);
  const [target] = targets;
  if (targets.length !== 1 || !target?.name) throw new UsageError("name exactly one object, as in: deployment/web");
  return { resource: target.resource, name: target.name };
}
