import type { Container } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { ServiceAccount } from "#api/core/v1/service-account.ts";
import type { Volume } from "#api/core/v1/volume.ts";
import { generateName } from "../registry/generate-name.ts";

const prefix = "kube-api-access-";
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
/** An hour and a little: the server knows the tokens of pods by it. */
const expirationSeconds = 3607;

/** Gives every container what it needs to talk to the API as the pod's account, unless pod or account are against it. */
export function mountAccountToken({ spec }: Pod, account: ServiceAccount): void {
  if (!(spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)) return;
  const known = spec.volumes?.find(({ name }) => name.startsWith(prefix));
  const name = known?.name ?? generateName(prefix);
  const lacking = [...(spec.initContainers ?? []), ...spec.containers].filter((container) => !isMounted(container));
  if (lacking.length === 0) return;
  for (const container of lacking) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  }
  if (!known) spec.volumes = [...(spec.volumes ?? []), accountVolume(name)];
}

/** Whoever mounts something there himself wants that. */
const isMounted = ({ volumeMounts = [] }: Container): boolean =>
  volumeMounts.some((mount) => mount.mountPath === mountPath);

const accountVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
    defaultMode: 0o644,
  },
});
