import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiServer, createApiServer } from "#apiserver/api-server.ts";
import { authenticatorUnion } from "#apiserver/authn/authenticator.ts";
import { certificateAuthenticator } from "#apiserver/authn/client-certificate.ts";
import { parseTokenFile, tokenAuthenticator } from "#apiserver/authn/token-file.ts";
import { createDoor, type DoorOptions } from "#apiserver/http/door.ts";
import { createListener } from "#apiserver/http/listener.ts";
import { noSuchPath } from "#apiserver/http/request-info.ts";
import { fixedResources } from "#apiserver/http/served-resources.ts";
import type { HttpConnectionOptions } from "#client/http-connection.ts";
import { formatKubeconfig, newKubeconfig } from "#client/kubeconfig.ts";
import type { UserInfo } from "#client/transport.ts";
import { openPki, type Pki } from "#cluster/pki.ts";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { Registry } from "#kit/metrics.ts";
import { run } from "#kit/scope.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import type { Storage } from "#storage/storage.ts";

export const admin: UserInfo = { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };

/** A whole API server behind its HTTPS port, with memory for storage: what tests knock at. */
export interface TestServer extends AsyncDisposable {
  readonly api: ApiServer;
  readonly storage: Storage;
  readonly url: string;
  readonly port: number;
  readonly pki: Pki;
  /** Of an administrator. */
  readonly kubeconfig: string;
  readonly access: HttpConnectionOptions;
  stop(): Promise<void>;
}

const tokens = 'admin-token,ann,u1,"system:masters"\nplain-token,bob,u2\n';

export async function startTestServer(
  options: Partial<Pick<DoorOptions, "limits" | "health">> = {},
): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), "http-server-"));
  const pki = await openPki({ dir: join(dir, "pki"), names: [], serviceIp: "10.96.0.1", clock: systemClock });
  const storage = openMemoryStorage();
  const api = createApiServer({ storage, clock: systemClock });
  const none = () => Promise.reject(noSuchPath());
  const handler = createDoor({
    api,
    served: fixedResources(api.resources),
    authenticate: authenticatorUnion([certificateAuthenticator, tokenAuthenticator(parseTokenFile(tokens))]),
    health: options.health ?? { live: [], ready: [] },
    metrics: new Registry(),
    clock: systemClock,
    log: silentLogger,
    connections: { connections: none, upgrade: none },
    ...(options.limits && { limits: options.limits }),
  });
  const { cert, key } = pki.apiserver;
  const listener = createListener({
    host: "127.0.0.1",
    port: 0,
    cert,
    key,
    clientCa: pki.ca.cert,
    handler,
    log: silentLogger,
  });
  const running = await run([api, listener]);
  const { port } = listener.address;
  const url = `https://127.0.0.1:${port}`;
  const kubeconfig = join(dir, "kubeconfig");
  const user = { server: url, ca: pki.ca.cert, user: "admin", ...pki.admin };
  await writeFile(kubeconfig, await formatKubeconfig(newKubeconfig("test", user)));
  const stop = async () => {
    await running.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return {
    api,
    storage,
    url,
    port,
    pki,
    kubeconfig,
    access: { servers: [url], ca: pki.ca.cert, ...pki.admin },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
