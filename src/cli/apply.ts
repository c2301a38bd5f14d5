import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Client } from "#client/client.ts";
import { type Access, accessFlags, namespaceFlag, withAccess } from "./access.ts";
import type { Command, Flag } from "./command.ts";
import { nameOfKind } from "./get.ts";
import { type Manifest, readManifests } from "./manifests.ts";
import type { AnyObject } from "./objects.ts";
import { threeWayMerge } from "./three-way-merge.ts";

/** Where the manifest that was applied last is kept; the same place as kubectl's, so that both can be used in turn. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

export const fileFlags: readonly Flag[] = [
  { spec: "-f, --filename <PATH>", help: "file, folder, or - for standard input", many: true },
  { spec: "-R, --recursive", help: "folders with all that is below them" },
];

export const applyCommand: Command = {
  name: "apply",
  summary: "make objects as the manifests say: create what is missing, change what differs",
  flags: [
    ...accessFlags,
    namespaceFlag,
    ...fileFlags,
    { spec: "--dry-run", help: "let the server check everything and write nothing" },
  ],
  run: (invocation) =>
    withAccess(invocation, async (access) => {
      const { flags, out } = invocation;
      const dryRun = Boolean(flags.dryRun);
      const manifests = await readManifests((flags.filename as string[]) ?? [], {
        stdin: out.stdin,
        recursive: Boolean(flags.recursive),
      });
      let failed = 0;
      for (const manifest of manifests) {
        try {
          const outcome = await applyOne(manifest, access, dryRun);
          out.line(
            `${nameOfKind(manifest.resource)}/${manifest.object.metadata?.name} ${outcome}${dryRun ? " (server dry run)" : ""}`,
          );
        } catch (error) {
          failed++;
          out.warn(`error: ${manifest.where}: ${(error as Error).message}`);
        }
      }
      return failed === 0 ? 0 : 1;
    }),
};

async function applyOne(manifest: Manifest, { client, namespace }: Access, dryRun: boolean): Promise<string> {
  const { resource } = manifest;
  const wanted = inNamespace(manifest, namespace);
  const annotated = withLastApplied(wanted);
  const key = { namespace: wanted.metadata?.namespace, name: wanted.metadata?.name ?? "" };
  const options = { dryRun, fieldManager: "minik8s", fieldValidation: "Strict" } as const;
  for (let attempt = 1; ; attempt++) {
    const live = await found(client, manifest, key);
    if (!live) {
      await client.create(resource, annotated, options);
      return "created";
    }
    const last = JSON.parse(live.metadata.annotations?.[lastApplied] ?? "{}");
    const merged = threeWayMerge(resource.schema, withLastApplied(last), annotated, live) as KubeObject;
    try {
      const written = await client.update(resource, merged, options);
      return written.metadata.resourceVersion === live.metadata.resourceVersion ? "unchanged" : "configured";
    } catch (error) {
      if (!isConflict(error) || attempt >= 5) throw error; // written meanwhile: merge again with what is there now
    }
  }
}

async function found(
  client: Client,
  { resource }: Manifest,
  key: { namespace?: string | undefined; name: string },
): Promise<KubeObject | undefined> {
  try {
    return await client.get(resource, key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function inNamespace({ resource, object }: Manifest, namespace: string): AnyObject {
  if (resource.scope === "Cluster" || object.metadata?.namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function withLastApplied(object: AnyObject): AnyObject {
  const { [lastApplied]: _, ...annotations } = object.metadata?.annotations ?? {};
  const plain = { ...object, metadata: { ...object.metadata, annotations } };
  return {
    ...plain,
    metadata: { ...plain.metadata, annotations: { ...annotations, [lastApplied]: `${JSON.stringify(plain)}\n` } },
  };
}
