import type { VolumeProjection } from "#api/core/v1/volume.ts";
import { Unanswered } from "../references.ts";
import { isWritten, type Payload, writePayload } from "./atomic-writer.ts";
import { configMapPayload, defaultFileMode, downwardPayload, secretPayload } from "./payloads.ts";
import type { VolumeContext, VolumeKind } from "./volume.ts";

/** Volumes whose files the agent writes from objects of the API. */
export const configMapVolume: VolumeKind = {
  folder: "kubernetes.io~configmap",
  handles: ({ configMap }) => configMap !== undefined,
  async prepare({ configMap }, context) {
    const { name = "", items, optional, defaultMode: mode = defaultFileMode } = configMap ?? {};
    return write(() => configMapPayload(name, { items, optional, mode }, context), context);
  },
};

export const secretVolume: VolumeKind = {
  folder: "kubernetes.io~secret",
  handles: ({ secret }) => secret !== undefined,
  async prepare({ secret }, context) {
    const { secretName = "", items, optional, defaultMode: mode = defaultFileMode } = secret ?? {};
    return write(() => secretPayload(secretName, { items, optional, mode }, context), context);
  },
};

export const downwardVolume: VolumeKind = {
  folder: "kubernetes.io~downward-api",
  handles: ({ downwardAPI }) => downwardAPI !== undefined,
  async prepare({ downwardAPI }, context) {
    const { items = [], defaultMode = defaultFileMode } = downwardAPI ?? {};
    return write(async () => downwardPayload(items, defaultMode, context), context);
  },
};

export const projectedVolume: VolumeKind = {
  folder: "kubernetes.io~projected",
  handles: ({ projected }) => projected !== undefined,
  async prepare({ projected }, context) {
    const { sources = [], defaultMode = defaultFileMode } = projected ?? {};
    return write(async () => {
      const payloads = await Promise.all(sources.map((source) => projection(source, defaultMode, context)));
      return new Map(payloads.flatMap((payload) => [...payload]));
    }, context);
  },
};

async function projection(source: VolumeProjection, mode: number, context: VolumeContext): Promise<Payload> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) return configMapPayload(configMap.name, { ...configMap, mode }, context);
  if (secret) return secretPayload(secret.name, { ...secret, mode }, context);
  if (downwardAPI) return downwardPayload(downwardAPI.items ?? [], mode, context);
  if (serviceAccountToken) {
    const token = await context.tokens.token(context.pod, serviceAccountToken);
    return new Map([[serviceAccountToken.path, { data: Buffer.from(token), mode }]]);
  }
  const [kind = "nothing"] = Object.keys(source);
  throw new Error(`projected volumes from ${kind} are not supported`);
}

/** While the API server does not answer, what was written before stays as it is. */
async function write(make: () => Promise<Payload>, { folder, pod }: VolumeContext): Promise<string> {
  let payload: Payload;
  try {
    payload = await make();
  } catch (error) {
    if (error instanceof Unanswered && (await isWritten(folder))) return folder;
    throw error;
  }
  await writePayload(folder, payload, pod.spec.securityContext?.fsGroup);
  return folder;
}
