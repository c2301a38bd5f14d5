import { type Client, createClient } from "#client/client.ts";
import { type HttpTransport, httpTransport } from "#client/http-transport.ts";
import { accessFrom, loadKubeconfig } from "#client/kubeconfig.ts";

/** A client for the current context of a kubeconfig file. */
export async function connect(kubeconfig: string): Promise<Client> {
  return createClient(await connectTransport(kubeconfig));
}

export async function connectTransport(kubeconfig: string): Promise<HttpTransport> {
  const { connection } = await accessFrom(await loadKubeconfig([kubeconfig]));
  return httpTransport(connection);
}
