import type { Pod } from "#api/core/v1/pod.ts";

/** What a pod knows of itself that only the node can tell. */
export interface PodPlace {
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  readonly nodeName: string;
}

/** The value of a fieldRef, as of the moment; throws with Kubernetes' text for a path that does not exist. */
export function fieldValue(pod: Pod, path: string, place: PodPlace): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript) return metadata[subscript[1] as "labels" | "annotations"]?.[subscript[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return lines(metadata.labels);
    case "metadata.annotations":
      return lines(metadata.annotations);
    case "spec.nodeName":
      return spec.nodeName ?? place.nodeName;
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "";
    case "status.hostIP":
      return place.hostIPs[0] ?? "";
    case "status.hostIPs":
      return place.hostIPs.join(",");
    case "status.podIP":
      return place.podIPs[0] ?? "";
    case "status.podIPs":
      return place.podIPs.join(",");
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** `key="value"` a line, sorted, with quotes and line ends escaped. */
function lines(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}
