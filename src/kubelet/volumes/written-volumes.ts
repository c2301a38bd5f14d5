import type { VolumeProjection } from "#api/core/v1/volume.ts";
import { type Payload, writePayload } from "./atomic-writer.ts";
import { configMapPayload, defaultFileMode, downwardPayload, secretPayload } from "./payloads.ts";
import type { VolumeContext, VolumeKind } from "./volume.ts";

/** Volumes whose files the agent writes from objects of the API. */
export const configMapVolume: VolumeKind = {
  folder: "kubernetes.io~configmap",
  handles: ({ configMap }) => configMap !== undefined,
  async prepare({ configMap }, context) {
    const { name = "", items, optional, defaultMode: mode = defaultFileMode } = configMap ?? {};
    return write(await configMapPayload(name, { items, optional, mode }, context), context);
  },
};

export const secretVolume: VolumeKind = {
  folder: "kubernetes.io~secret",
  handles: ({ secret }) => secret !== undefined,
  async prepare({ secret }, context) {
    const { secretName = "", items, optional, defaultMode: mode = defaultFileMode } = secret ?? {};
    return write(await secretPayload(secretName, { items, optional, mode }, context), context);
  },
};

export const downwardVolume: VolumeKind = {
  folder: "kubernetes.io~downward-api",
  handles: ({ downwardAPI }) => downwardAPI !== undefined,
  async prepare({ downwardAPI }, context) {
    const { items = [], defaultMode = defaultFileMode } = downwardAPI ?? {};
    return write(downwardPayload(items, defaultMode, context), context);
  },
};

export const projectedVolume: VolumeKind = {
  folder: "kubernetes.io~projected",
  handles: ({ projected }) => projected !== undefined,
  async prepare({ projected }, context) {
    const { sources = [], defaultMode = defaultFileMode } = projected ?? {};
    const payloads = await Promise.all(sources.map((source) => projection(source, defaultMode, context)));
    return write(new Map(payloads.flatMap((payload) => [...payload])), context);
  },
};

async function projection(source: VolumeProjection, mode: number, context: VolumeContext): Promise<Payload> {
  const { configMap, secret, downwardAPI } = source;
  if (configMap) return configMapPayload(configMap.name, { ...configMap, mode }, context);
  if (secret) return secretPayload(secret.name, { ...secret, mode }, context);
  if (downwardAPI) return downwardPayload(downwardAPI.items ?? [], mode, context);
  const [kind = "nothing"] = Object.keys(source);
  throw new Error(`projected volumes from ${kind} are not supported`);
}

async function write(payload: Payload, { folder, pod }: VolumeContext): Promise<string> {
  await writePayload(folder, payload, pod.spec.securityContext?.fsGroup);
  return folder;
}
