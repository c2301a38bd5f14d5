import { runNft } from "#kubeproxy/backend/nftables.ts";

/** An address of the cluster that leads, on every node, to a server of the node itself. */
export interface LocalService {
  readonly address: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly to: { readonly host: string; readonly port: number };
}

/** Before other rules that change destinations. */
const beforeServices = -101;

/** One transaction: the table of before and the new one are never both there or both missing. */
export function renderLocalServices(table: string, services: readonly LocalService[]): string {
  const rules = services.map(
    ({ address, protocol, port, to }) =>
      `    ip daddr ${address} ${protocol} dport ${port} dnat to ${to.host}:${to.port}`,
  );
  const chain = (hook: string) =>
    [`  chain ${hook} {`, `    type nat hook ${hook} priority ${beforeServices}; policy accept;`, ...rules, "  }"].join(
      "\n",
    );
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
${chain("prerouting")}
${chain("output")}
}
`;
}

/** The rules stay when the agent stops: for as long as nobody listens, callers are refused at once. */
export const applyLocalServices = (table: string, services: readonly LocalService[]): Promise<void> =>
  runNft(renderLocalServices(table, services));

export const eraseLocalServices = (table: string): Promise<void> =>
  runNft(`add table ip ${table}\ndelete table ip ${table}\n`);
