import { badly } from "#api/meta/check.ts";
import { checkMetadata, checkMetadataUpdate } from "#api/meta/check-metadata.ts";
import type { KubeObject, ObjectMeta } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import { type Check, isDns1035Label, isDns1123Label, isDns1123Subdomain, isPathSegment } from "#schema/formats.ts";
import { type Problem, required } from "#schema/problem.ts";

const nameChecks: Readonly<Record<Resource["nameRule"], Check>> = {
  dnsSubdomain: isDns1123Subdomain,
  dnsLabel: isDns1123Label,
  dns1035Label: isDns1035Label,
  pathSegment: isPathSegment,
};

/** What is wrong with the metadata of an object that is to be stored, in place of `old` when there is one. */
export function metadataProblems(resource: Resource, { metadata }: KubeObject, old?: KubeObject): Problem[] {
  return [
    ...nameProblems(nameChecks[resource.nameRule], metadata),
    ...namespaceProblems(resource, metadata),
    ...checkMetadata(metadata),
    ...(old ? checkMetadataUpdate(metadata, old.metadata) : []),
  ];
}

function nameProblems(check: Check, { name, generateName }: ObjectMeta): Problem[] {
  const prefix = generateName ? badly("metadata.generateName", generateName, check(withoutDash(generateName))) : [];
  if (!name) return [...prefix, required("metadata.name", "name or generateName is required")];
  return [...prefix, ...badly("metadata.name", name, check(name))];
}

/** What follows the prefix is alphanumeric, so it may end in a dash. */
const withoutDash = (prefix: string) => (/.-$/.test(prefix) ? `${prefix.slice(0, -1)}a` : prefix);

function namespaceProblems(resource: Resource, { namespace }: ObjectMeta): Problem[] {
  if (resource.scope === "Cluster") return [];
  if (!namespace) return [required("metadata.namespace")];
  return badly("metadata.namespace", namespace, isDns1123Label(namespace));
}
