import type { DownwardAPIVolumeFile, KeyToPath } from "#api/core/v1/volume.ts";
import { fieldValue } from "../field-path.ts";
import { resourceValue } from "../resource-field.ts";
import type { Payload, PayloadFile } from "./atomic-writer.ts";
import type { VolumeContext } from "./volume.ts";

export const defaultFileMode = 0o644;

interface Selection {
  readonly items?: readonly KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
  readonly mode: number;
}

export async function configMapPayload(
  name: string,
  selection: Selection,
  { references, pod }: VolumeContext,
): Promise<Payload> {
  const map = await references.configMap(pod.metadata.namespace ?? "", name);
  if (!map && !selection.optional) throw new Error(`configmap "${name}" not found`);
  const data = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(map?.data ?? {})) data.set(key, Buffer.from(text));
  for (const [key, base64] of Object.entries(map?.binaryData ?? {})) data.set(key, Buffer.from(base64, "base64"));
  return select(data, selection);
}

export async function secretPayload(
  name: string,
  selection: Selection,
  { references, pod }: VolumeContext,
): Promise<Payload> {
  const secret = await references.secret(pod.metadata.namespace ?? "", name);
  if (!secret && !selection.optional) throw new Error(`secret "${name}" not found`);
  const data = Object.entries(secret?.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, "base64")] as const);
  return select(new Map(data), selection);
}

export function downwardPayload(
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number,
  { pod, place, allocatable }: VolumeContext,
): Payload {
  return new Map(
    items.map(({ path, fieldRef, resourceFieldRef, mode = defaultMode }): [string, PayloadFile] => {
      const text = fieldRef
        ? fieldValue(pod, fieldRef.fieldPath, place)
        : resourceFieldRef
          ? resourceValue(pod, resourceFieldRef, undefined, allocatable)
          : "";
      return [path, { data: Buffer.from(text), mode }];
    }),
  );
}

/** All keys under their own names, or the listed ones under the names that are given. */
function select(data: ReadonlyMap<string, Buffer>, { items, optional, mode }: Selection): Payload {
  const payload = new Map<string, PayloadFile>();
  if (!items?.length) {
    for (const [key, value] of data) payload.set(key, { data: value, mode });
    return payload;
  }
  for (const { key, path, mode: own = mode } of items) {
    const value = data.get(key);
    if (value) payload.set(path, { data: value, mode: own });
    else if (!optional) throw new Error(`references non-existent config key: ${key}`);
  }
  return payload;
}
