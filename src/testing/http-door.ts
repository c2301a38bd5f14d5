import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Resource } from "#api/resource.ts";
import { authenticatorUnion } from "#apiserver/authn/authenticator.ts";
import { certificateAuthenticator } from "#apiserver/authn/client-certificate.ts";
import { accountAuthenticator } from "#apiserver/authn/service-account.ts";
import { createDoor, type DoorOptions } from "#apiserver/http/door.ts";
import { createListener } from "#apiserver/http/listener.ts";
import { noSuchPath } from "#apiserver/http/request-info.ts";
import { fixedResources } from "#apiserver/http/served-resources.ts";
import { type HttpTransport, httpTransport } from "#client/http-transport.ts";
import { formatKubeconfig, newKubeconfig } from "#client/kubeconfig.ts";
import { openPki } from "#cluster/pki.ts";
import { type Clock, systemClock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { Registry } from "#kit/metrics.ts";
import type { Component, Scope } from "#kit/scope.ts";

export interface HttpDoorOptions {
  readonly api: DoorOptions["api"];
  readonly resources: readonly Resource[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Nodes of a test cluster have no ports of their own, so there is nobody who could tell logs or take an exec. */
const nobody = () => Promise.reject(noSuchPath());

/** The HTTPS port of a test cluster, for clients that are real programs, and a client that goes through it. */
export class HttpDoor implements Component {
  readonly name = "http door";
  readonly #options: HttpDoorOptions;
  #opened: { readonly kubeconfig: string; readonly transport: HttpTransport } | undefined;

  constructor(options: HttpDoorOptions) {
    this.#options = options;
  }

  async start(scope: Scope): Promise<void> {
    const { api, resources, clock, log } = this.#options;
    const folder = await mkdtemp(join(tmpdir(), "test-cluster-"));
    scope.defer(() => rm(folder, { recursive: true, force: true }));
    // Certificates are checked against the time of this machine, whatever the cluster's clock says.
    const pki = await openPki({ dir: folder, names: [], serviceIp: "10.96.0.1", clock: systemClock });
    const handler = createDoor({
      api,
      served: fixedResources(resources),
      authenticate: authenticatorUnion([certificateAuthenticator, accountAuthenticator(api.tokens)]),
      health: { live: [], ready: [] },
      metrics: new Registry(),
      clock,
      log,
      connections: { connections: nobody, upgrade: nobody },
    });
    const listener = createListener({
      host: "127.0.0.1",
      port: 0,
      ...pki.apiserver,
      clientCa: pki.ca.cert,
      handler,
      log,
    });
    await listener.start(scope);
    const server = `https://127.0.0.1:${listener.address.port}`;
    const kubeconfig = join(folder, "kubeconfig");
    const access = newKubeconfig("test", { server, ca: pki.ca.cert, user: "admin", ...pki.admin });
    await writeFile(kubeconfig, await formatKubeconfig(access));
    const transport = httpTransport({ servers: [server], ca: pki.ca.cert, ...pki.admin });
    scope.defer(() => transport.close());
    this.#opened = { kubeconfig, transport };
  }

  /** Of an administrator; there once started. */
  get kubeconfig(): string {
    return this.#open.kubeconfig;
  }

  get transport(): HttpTransport {
    return this.#open.transport;
  }

  get #open() {
    if (!this.#opened) throw new Error("the cluster has no HTTP port: ask for it with { http: true }");
    return this.#opened;
  }
}
