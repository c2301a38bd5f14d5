import { Agent as PlainAgent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { callBackend } from "../http/backend.ts";
import { kubeletAddress } from "../http/kubelet-target.ts";
import type { Scrape } from "./metrics-scraper.ts";

/** How we show ourselves to kubelets, and the authority that has signed their certificates. PEM. */
export interface KubeletAccess {
  readonly clientCert: string;
  readonly clientKey: string;
  readonly kubeletCa: string;
}

/** Asks kubelets over HTTPS. */
export function kubeletScrape({ clientCert: cert, clientKey: key, kubeletCa: ca }: KubeletAccess): Scrape {
  const agents = { plain: new PlainAgent(), secure: new TlsAgent({ keepAlive: true, cert, key, ca }) };
  return async (node, signal) => {
    const backend = { secure: true, ...kubeletAddress(node), path: "/metrics/resource" };
    const response = await callBackend(backend, { method: "GET", headers: {}, signal }, agents);
    const parts: Buffer[] = [];
    for await (const chunk of response) parts.push(chunk as Buffer);
    const text = Buffer.concat(parts).toString();
    if (response.statusCode !== 200) throw new Error(`the kubelet answered ${response.statusCode}: ${text}`);
    return text;
  };
}
