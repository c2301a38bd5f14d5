import type { ServiceMap } from "../service-map.ts";
import type { ProxyBackend } from "./backend.ts";
import { hooks, type IptablesRules, noRules, renderIptables, restoreDiff } from "./iptables-render.ts";
import { runProgram } from "./run-program.ts";

/** Routes Services with the chains of kube-proxy. They have fixed names, so there can be one cluster in a network namespace. */
export class IptablesBackend implements ProxyBackend {
  readonly name = "iptables";
  readonly #clusterCidr: string;
  /** What the kernel has; `undefined` before the first time and after a failure, when it is all made anew. */
  #current: IptablesRules | undefined;

  constructor({ clusterCidr }: { readonly clusterCidr: string }) {
    this.#clusterCidr = clusterCidr;
  }

  async apply(map: ServiceMap): Promise<void> {
    const next = renderIptables(map, { clusterCidr: this.#clusterCidr });
    const first = this.#current === undefined;
    const changes = restoreDiff(this.#current ?? (await leftovers()), next);
    if (changes === "") return;
    this.#current = undefined;
    await restore(changes);
    if (first) for (const hook of hooks) await ensure(hook);
    this.#current = next;
  }

  async cleanup(): Promise<void> {
    this.#current = undefined;
    for (const { table, chain, rule } of hooks) {
      // it may never have been put in
      await iptables("-t", table, "-D", chain, ...rule.split(" ")).catch(() => {});
    }
    const changes = restoreDiff(await leftovers(), noRules);
    if (changes !== "") await restore(changes);
  }
}

const iptables = (...args: string[]) => runProgram("iptables", ["-w", "10", ...args]);
const restore = (input: string) => runProgram("iptables-restore", ["-w", "10", "--noflush"], input);

async function ensure({ table, chain, rule }: (typeof hooks)[number]): Promise<void> {
  const words = rule.split(" ");
  try {
    await iptables("-t", table, "-C", chain, ...words);
  } catch {
    await iptables("-t", table, "-I", chain, "1", ...words); // not there yet; when it cannot be put in, this says why
  }
}

/** Our chains from an earlier life, their rules unknown, so that each is made anew or taken away. */
async function leftovers(): Promise<IptablesRules> {
  const chainsOf = async (table: string) => {
    const listed = await iptables("-t", table, "-S");
    const names = [
      ...listed.matchAll(/^-N (KUBE-(?:SERVICES|NODEPORTS|MARK-MASQ|POSTROUTING|SVC-\w+|EXT-\w+|SEP-\w+))$/gm),
    ];
    return new Map(names.map(([, name]) => [name as string, ["unknown"]] as const));
  };
  return { nat: await chainsOf("nat"), filter: await chainsOf("filter") };
}
