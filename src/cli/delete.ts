import { isNotFound } from "#api/meta/api-error.ts";
import type { Resource } from "#api/resource.ts";
import type { Client, Key } from "#client/client.ts";
import { type Access, accessFlags, withAccess } from "./access.ts";
import { fileFlags, inNamespace } from "./apply.ts";
import { type Command, type Invocation, UsageError } from "./command.ts";
import { nameOfKind, selectionFlags } from "./get.ts";
import { parseTargets } from "./kinds.ts";
import { readManifests } from "./manifests.ts";
import { pause } from "./pause.ts";

interface Doomed {
  readonly resource: Resource;
  readonly key: Key;
  readonly uid?: string;
}

export const deleteCommand: Command = {
  name: "delete",
  args: "[TYPE|TYPE/NAME...]",
  summary: "delete objects and wait until they are gone",
  flags: [
    ...accessFlags,
    ...selectionFlags,
    ...fileFlags,
    { spec: "--all", help: "all objects of the kind in the namespace" },
    { spec: "--ignore-not-found", help: "what is not there counts as deleted" },
    { spec: "--grace-period <SECONDS>", help: "how long a pod may take to end" },
    { spec: "--cascade <POLICY>", help: "background, foreground or orphan" },
    { spec: "--no-wait", help: "do not wait until they are gone" },
  ],
  run: (invocation) =>
    withAccess(invocation, async (access) => {
      const doomed = await doomedObjects(invocation, access);
      if (doomed.length === 0) {
        invocation.out.warn("No resources found");
        return 0;
      }
      let failed = 0;
      const going: Doomed[] = [];
      for (const each of doomed) {
        try {
          const uid = await deleteOne(access.client, each, invocation);
          if (uid !== undefined) going.push({ ...each, uid });
        } catch (error) {
          failed++;
          invocation.out.warn(`Error from server: ${(error as Error).message}`);
        }
      }
      if (invocation.flags.wait !== false) for (const each of going) await gone(access.client, each, invocation.signal);
      return failed === 0 ? 0 : 1;
    }),
};

async function doomedObjects(invocation: Invocation, access: Access): Promise<Doomed[]> {
  const { args, flags, out } = invocation;
  if (flags.filename) {
    const manifests = await readManifests(flags.filename as string[], {
      stdin: out.stdin,
      recursive: Boolean(flags.recursive),
    });
    return manifests.map((manifest) => {
      const { namespace, name = "" } = inNamespace(manifest, access.namespace).metadata ?? {};
      return { resource: manifest.resource, key: { namespace, name } };
    });
  }
  const found: Doomed[] = [];
  for (const { resource, name } of parseTargets(args)) {
    const namespace = resource.scope === "Namespaced" && !flags.allNamespaces ? access.namespace : undefined;
    if (name) found.push({ resource, key: { namespace, name } });
    else found.push(...(await selected(resource, namespace, invocation, access)));
  }
  return found;
}

async function selected(
  resource: Resource,
  namespace: string | undefined,
  { flags }: Invocation,
  { client }: Access,
): Promise<Doomed[]> {
  if (!flags.all && !flags.selector && !flags.fieldSelector) {
    throw new UsageError(
      "resource(s) were provided, but no name was specified: name them, or say --all or -l SELECTOR",
    );
  }
  const { items } = await client.list(resource, {
    namespace,
    ...(flags.selector !== undefined && { labelSelector: String(flags.selector) }),
    ...(flags.fieldSelector !== undefined && { fieldSelector: String(flags.fieldSelector) }),
  });
  return items.map(({ metadata }) => ({ resource, key: { namespace: metadata.namespace, name: metadata.name } }));
}

const policies = { background: "Background", foreground: "Foreground", orphan: "Orphan" } as const;

/** The uid of what is going; `undefined` when it was not there and need not be. */
async function deleteOne(
  client: Client,
  { resource, key }: Doomed,
  { flags, out }: Invocation,
): Promise<string | undefined> {
  const cascade = String(flags.cascade ?? "background");
  if (!(cascade in policies))
    throw new UsageError(`--cascade: "${cascade}" is not known: use background, foreground or orphan`);
  try {
    const { metadata } = await client.get(resource, key);
    await client.delete(resource, key, {
      propagationPolicy: policies[cascade as keyof typeof policies],
      ...(flags.gracePeriod !== undefined && { gracePeriodSeconds: Number(flags.gracePeriod) }),
    });
    out.line(`${nameOfKind(resource)} "${key.name}" deleted`);
    return metadata.uid;
  } catch (error) {
    if (isNotFound(error) && flags.ignoreNotFound) return undefined;
    throw error;
  }
}

async function gone(client: Client, { resource, key, uid }: Doomed, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      const { metadata } = await client.get(resource, key);
      if (metadata.uid !== uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    await pause(100, signal);
  }
}
