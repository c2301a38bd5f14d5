import { Namespaces } from "#api/core/v1/namespace.ts";
import { ServiceAccounts } from "#api/core/v1/service-account.ts";
import { isAlreadyExists } from "#api/meta/api-error.ts";
import { type ControllerDefinition, wake } from "#controller/controller.ts";

const name = "default";

/** Every namespace has the account under which pods run that name none. */
export const serviceAccountController: ControllerDefinition<typeof Namespaces> = {
  name: "service-account-controller",
  for: Namespaces,
  wakes: [
    wake(ServiceAccounts, ({ metadata }) =>
      metadata.name === name && metadata.namespace ? [{ name: metadata.namespace }] : [],
    ),
  ],

  async reconcile(key, { cache, client }) {
    const namespace = cache.find(Namespaces, key);
    if (!namespace || namespace.metadata.deletionTimestamp) return;
    if (cache.find(ServiceAccounts, { namespace: key.name, name })) return;
    try {
      await client.create(ServiceAccounts, { metadata: { name, namespace: key.name } });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error; // somebody was quicker
    }
  },
};
