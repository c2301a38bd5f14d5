import { Pods, ServiceAccounts } from "#api/catalog.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { ServiceAccount } from "#api/core/v1/service-account.ts";
import { forbidden } from "#api/meta/api-error.ts";
import { qualifiedName } from "#api/resource.ts";
import type { Clock } from "#kit/clock.ts";
import { objectKey } from "../registry/keys.ts";
import type { Feed } from "../watch/feed.ts";
import { mountAccountToken } from "./account-token-volume.ts";
import type { AdmissionPlugin, Review } from "./admission.ts";

/** Finds an account; one that is about to be made is waited for. */
export type FindAccount = (namespace: string, name: string) => Promise<ServiceAccount | undefined>;

const mirrorAnnotation = "kubernetes.io/config.mirror";

/** Every pod runs as an account of its namespace, `default` unless it says another, and may talk to the API as that. */
export function serviceAccountAdmission(findAccount: FindAccount): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    async mutate(review) {
      if (review.verb !== "create" || review.subresource || qualifiedName(review.resource) !== "pods") return;
      const pod = review.object as Pod;
      if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return;
      const name = pod.spec.serviceAccountName || pod.spec.serviceAccount || "default";
      pod.spec.serviceAccountName = name;
      pod.spec.serviceAccount = name;
      const account = await accountOf(review, name, findAccount);
      const secrets = account.imagePullSecrets ?? [];
      if (!pod.spec.imagePullSecrets?.length && secrets.length > 0) pod.spec.imagePullSecrets = [...secrets];
      mountAccountToken(pod, account);
    },
  };
}

async function accountOf({ namespace = "", object }: Review, name: string, find: FindAccount): Promise<ServiceAccount> {
  const account = await find(namespace, name);
  if (account) return account;
  const { name: podName, generateName = "" } = (object as Pod).metadata;
  const missing = `${ServiceAccounts.singular} ${JSON.stringify(name)} not found`;
  throw forbidden(Pods, podName || generateName, `error looking up service account ${namespace}/${name}: ${missing}`);
}

const madeWithinMs = 2000;

/** Reads accounts off the feed. A new namespace's `default` is made by a controller: it gets a moment for that. */
export function accountFinder(accounts: Feed, clock: Clock): FindAccount {
  const find = (namespace: string, name: string) =>
    accounts.get(objectKey(accounts.resource, namespace, name)) as ServiceAccount | undefined;
  return async (namespace, name) => {
    const found = find(namespace, name);
    if (found || name !== "default") return found;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        forget();
        resolve();
      };
      const cancel = clock.after(madeWithinMs, done);
      const forget = accounts.onChange(() => {
        if (find(namespace, name)) done();
      });
    });
    return find(namespace, name);
  };
}
