import { createSecureContext, type SecureContext } from "node:tls";
import { Secrets } from "#api/catalog.ts";
import type { Client } from "#client/client.ts";
import type { Logger } from "#kit/log.ts";

interface Kept {
  readonly revision: string;
  readonly context: SecureContext;
}

/** Certificates from Secrets, ready for use; read again and again, since nobody tells when they change. */
export class CertificateStore {
  readonly #client: Pick<Client, "get">;
  readonly #log: Logger;
  readonly #kept = new Map<string, Kept>();

  constructor(client: Pick<Client, "get">, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  /** By `namespace/name`. */
  get(secret: string): SecureContext | undefined {
    return this.#kept.get(secret)?.context;
  }

  /** Reads these Secrets and forgets all others. What cannot be read stays as it was. */
  async refresh(secrets: ReadonlySet<string>): Promise<void> {
    for (const known of this.#kept.keys()) if (!secrets.has(known)) this.#kept.delete(known);
    await Promise.all([...secrets].map((secret) => this.#read(secret)));
  }

  async #read(secret: string): Promise<void> {
    const [namespace = "", name = ""] = secret.split("/");
    try {
      const { data = {}, metadata } = await this.#client.get(Secrets, { namespace, name });
      const revision = metadata.resourceVersion ?? "";
      if (this.#kept.get(secret)?.revision === revision) return;
      const pem = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
      const context = createSecureContext({ cert: pem("tls.crt"), key: pem("tls.key") });
      this.#kept.set(secret, { revision, context });
    } catch (error) {
      this.#log.warn({ secret, error: String(error) }, "a certificate could not be loaded");
    }
  }
}
