import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "#client/client.ts";
import type { HttpConnection } from "#client/http-connection.ts";
import { httpTransport } from "#client/http-transport.ts";
import { accessFrom, loadKubeconfig } from "#client/kubeconfig.ts";
import { layoutOf } from "#cluster/layout.ts";
import { type Flag, type Invocation, UsageError } from "./command.ts";
import { settingFlags, settingsOf } from "./settings-flags.ts";

/** How a command reaches the cluster that it is about. */
export interface Access {
  readonly client: Client;
  /** For tables, logs and upgrades. */
  readonly connection: HttpConnection;
  /** Where the server is and how to prove who asks, for connections that leave HTTP. */
  readonly endpoint: Awaited<ReturnType<typeof accessFrom>>["connection"];
  /** The namespace that was asked for, or that of the kubeconfig's context. */
  readonly namespace: string;
}

export const accessFlags: readonly Flag[] = [
  ...settingFlags("kubeconfig", "dataDir"),
  { spec: "--context <NAME>", help: "context of the kubeconfig" },
];

export const namespaceFlag: Flag = {
  spec: "-n, --namespace <NAMESPACE>",
  help: "namespace (default: that of the context)",
};

/** Runs the action with a connection and closes it afterwards. */
export async function withAccess<T>(invocation: Invocation, action: (access: Access) => Promise<T>): Promise<T> {
  const { context, namespace } = invocation.flags;
  const config = await loadKubeconfig(kubeconfigFiles(invocation));
  const found = await accessFrom(config, context as string | undefined);
  const transport = httpTransport({ ...found.connection, userAgent: "minik8s" });
  try {
    return await action({
      client: createClient(transport),
      connection: transport.connection,
      endpoint: found.connection,
      namespace: (namespace as string | undefined) ?? found.namespace,
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED") {
      throw new UsageError(`the server ${found.connection.servers[0]} does not answer: start it with minik8s up`);
    }
    throw error;
  } finally {
    transport.close();
  }
}

/** What was named; else the cluster in the data folder; else the user's own kubeconfig. */
function kubeconfigFiles(invocation: Invocation): string[] {
  const { kubeconfig, dataDir } = settingsOf(invocation);
  const own = layoutOf(dataDir).kubeconfig;
  if (invocation.flags.kubeconfig) return [String(invocation.flags.kubeconfig)];
  if (invocation.flags.dataDir) return existingOr(own);
  if (kubeconfig) return kubeconfig.split(":").filter(Boolean);
  if (existsSync(own)) return [own];
  return existingOr(join(homedir(), ".kube", "config"));
}

function existingOr(file: string): string[] {
  if (existsSync(file)) return [file];
  throw new UsageError(
    `there is no cluster to talk to (${file} is missing): start one with minik8s up, or name a kubeconfig`,
  );
}
