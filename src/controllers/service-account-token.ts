import { type Secret, Secrets } from "#api/core/v1/secret.ts";
import { type ServiceAccount, ServiceAccounts } from "#api/core/v1/service-account.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import { type ControllerDefinition, cacheIndex, wake } from "#controller/controller.ts";

export interface AccountTokenOptions {
  /** Makes a token that is valid as long as the Secret holds it. */
  readonly issue: (about: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly secret: string;
  }) => string;
  readonly caPem: string;
}

const type = "kubernetes.io/service-account-token";
const nameAnnotation = "kubernetes.io/service-account.name";
const uidAnnotation = "kubernetes.io/service-account.uid";
const byAccount = "account";

const accountOf = ({ type: given, metadata }: Secret): string | undefined =>
  given === type ? metadata.annotations?.[nameAnnotation] : undefined;

/** Fills the Secrets that somebody made for the token of a service account, and removes those whose account has gone. */
export function accountTokenController({ issue, caPem }: AccountTokenOptions): ControllerDefinition<typeof Secrets> {
  return {
    name: "service-account-token-controller",
    for: Secrets,
    indexes: [
      cacheIndex(Secrets, byAccount, (secret) => {
        const account = accountOf(secret);
        return account ? [`${secret.metadata.namespace}/${account}`] : [];
      }),
    ],
    wakes: [
      wake(ServiceAccounts, ({ metadata }, { cache }) =>
        cache.indexed(Secrets, byAccount, `${metadata.namespace}/${metadata.name}`).map((secret) => secret.metadata),
      ),
    ],

    async reconcile(key, { cache, client }) {
      const secret = cache.find(Secrets, key);
      const name = secret && accountOf(secret);
      if (!secret || !name || secret.metadata.deletionTimestamp) return;
      const { namespace = "" } = key;
      const account = await client.get(ServiceAccounts, { namespace, name }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      const uid = secret.metadata.annotations?.[uidAnnotation];
      if (!account || (uid && uid !== account.metadata.uid)) {
        const { uid: own, resourceVersion } = secret.metadata;
        await client.delete(Secrets, key, { preconditions: { uid: own, resourceVersion } });
        return;
      }
      if (uid && secret.data?.token && secret.data["ca.crt"] === base64(caPem) && secret.data.namespace) return;
      await client.update(Secrets, filled(secret, account));
    },
  };

  function filled(secret: Secret, { metadata: { name, uid, namespace = "" } }: ServiceAccount): Secret {
    const { metadata, data = {} } = secret;
    const token = data.token || base64(issue({ namespace, name, uid, secret: metadata.name }));
    return {
      ...secret,
      metadata: { ...metadata, annotations: { ...metadata.annotations, [uidAnnotation]: uid } },
      data: { ...data, "ca.crt": base64(caPem), namespace: base64(namespace), token },
    };
  }
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
