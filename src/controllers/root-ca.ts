import { ConfigMaps } from "#api/core/v1/config-map.ts";
import { Namespaces } from "#api/core/v1/namespace.ts";
import { isAlreadyExists } from "#api/meta/api-error.ts";
import { type ControllerDefinition, wake } from "#controller/controller.ts";

const name = "kube-root-ca.crt";
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal " +
  "service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
const descriptionAnnotation = "kubernetes.io/description";

/** Every namespace has a ConfigMap with the certificate by which its pods know the API server. */
export function rootCaController(caPem: string): ControllerDefinition<typeof Namespaces> {
  return {
    name: "root-ca-certificate-publisher",
    for: Namespaces,
    wakes: [
      wake(ConfigMaps, ({ metadata }) =>
        metadata.name === name && metadata.namespace ? [{ name: metadata.namespace }] : [],
      ),
    ],

    async reconcile(key, { cache, client }) {
      const namespace = cache.find(Namespaces, key);
      if (!namespace || namespace.metadata.deletionTimestamp) return;
      const current = cache.find(ConfigMaps, { namespace: key.name, name });
      const data = { "ca.crt": caPem };
      if (!current) {
        const metadata = { name, namespace: key.name, annotations: { [descriptionAnnotation]: description } };
        try {
          await client.create(ConfigMaps, { metadata, data });
        } catch (error) {
          if (!isAlreadyExists(error)) throw error; // somebody was quicker
        }
        return;
      }
      const { annotations } = current.metadata;
      const others = Object.keys(current.data ?? {}).length !== 1;
      if (current.data?.["ca.crt"] === caPem && !others && annotations?.[descriptionAnnotation]) return;
      await client.update(ConfigMaps, {
        ...current,
        metadata: { ...current.metadata, annotations: { ...annotations, [descriptionAnnotation]: description } },
        data,
      });
    },
  };
}
