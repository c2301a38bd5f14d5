import type { TLSSocket } from "node:tls";

export interface ClientIdentity {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Who is at the other end, by a certificate of the cluster's authority; `undefined` without one. */
export function clientIdentity(socket: TLSSocket): ClientIdentity | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (!subject) return undefined;
  const { CN, O } = subject as { CN?: string | string[]; O?: string | string[] };
  return { name: [CN ?? []].flat()[0] ?? "", groups: [O ?? []].flat() };
}

/** The name that the API server uses towards kubelets. */
const apiServerName = "kube-apiserver-kubelet-client";

/** Whoever may use a kubelet may do everything on its node, so these are few. */
export const mayUseKubelet = ({ name, groups }: ClientIdentity): boolean =>
  name === apiServerName || groups.includes("system:masters");
