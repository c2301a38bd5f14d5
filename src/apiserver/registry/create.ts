import { alreadyExists, isAlreadyExists } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { qualifiedName } from "#api/resource.ts";
import { applyDefaults } from "#schema/defaults.ts";
import type { Review } from "../admission/admission.ts";
import { deepFreeze } from "./codec.ts";
import { generateName } from "./generate-name.ts";
import { readInput } from "./input.ts";
import { beginMetadata, settleNamespace } from "./metadata.ts";
import { type Desk, refuseInvalid, unclassified, type Writing } from "./write.ts";

export interface Creation {
  readonly namespace: string | undefined;
  readonly object: unknown;
  readonly writing: Writing;
}

/** How often a name is generated until one is free. */
const nameAttempts = 8;

/** Throws ApiError. */
export async function create(desk: Desk, request: Creation): Promise<KubeObject> {
  for (let attempt = 1; ; attempt++) {
    const draft = read(desk, request);
    const generated = !draft.metadata.name && draft.metadata.generateName;
    try {
      return await attemptCreate(desk, request, draft);
    } catch (error) {
      if (!generated || !isAlreadyExists(error)) throw error;
      if (attempt === nameAttempts) throw noFreeName(desk, draft.metadata.name);
    }
  }
}

function read({ store: { resource } }: Desk, { object, namespace, writing }: Creation): KubeObject {
  const draft = readInput(resource, object, {
    ...writing,
    fieldValidation: writing.options.fieldValidation,
    beforeDefaults: (read) => {
      if (resource.subresources.includes("status") && !bringsStatus.has(qualifiedName(resource))) delete read.status;
    },
  });
  const { metadata } = draft;
  if (metadata.resourceVersion && metadata.resourceVersion !== "0") {
    throw unclassified("resourceVersion should not be set on objects to be created");
  }
  delete (metadata as Partial<typeof metadata>).resourceVersion;
  settleNamespace(resource, metadata, namespace);
  return draft;
}

/** Kinds whose objects come with the status they have: a node says what it is when it registers itself. */
const bringsStatus = new Set(["nodes"]);

async function attemptCreate(desk: Desk, { writing }: Creation, draft: KubeObject): Promise<KubeObject> {
  const { store, admission, clock } = desk;
  const { resource } = store;
  const { metadata } = draft;
  const dryRun = writing.options.dryRun ?? false;
  const review = (): Review => ({
    verb: "create",
    resource,
    namespace: metadata.namespace,
    name: metadata.name ?? "",
    object: draft,
    user: writing.user,
    dryRun,
  });
  await admission.mutate(review());
  beginMetadata(resource, metadata, clock.now());
  if (!metadata.name && metadata.generateName) {
    metadata.name = generateName(metadata.generateName);
    applyDefaults(resource.schema, draft); // some follow from the name
  }
  resource.rules.create?.(draft);
  const settle = admission.reserve(review());
  let committed = false;
  try {
    refuseInvalid(desk, draft);
    await admission.validate(review());
    if (dryRun) return await dryRunResult(desk, draft);
    const created = await store.insert(draft);
    committed = true;
    return created;
  } finally {
    settle(committed);
  }
}

async function dryRunResult({ store }: Desk, draft: KubeObject): Promise<KubeObject> {
  const { namespace, name } = draft.metadata;
  if (await store.find({ namespace, name })) throw alreadyExists(store.resource, name);
  return deepFreeze(draft);
}

function noFreeName({ store: { resource } }: Desk, name: string) {
  const error = alreadyExists(resource, name);
  return Object.assign(error, {
    message: `${error.message}, the server was not able to generate a unique name for the object`,
  });
}
