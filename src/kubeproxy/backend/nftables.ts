import { writeFile } from "node:fs/promises";
import type { ServiceMap } from "../service-map.ts";
import type { ProxyBackend } from "./backend.ts";
import {
  emptyRuleset,
  type NftablesOptions,
  type Ruleset,
  renderBase,
  renderDiff,
  renderRules,
} from "./nftables-render.ts";
import { runProgram } from "./run-program.ts";

export type { NftablesOptions };

/** Routes Services with one nftables table of its own; every change is one transaction of the kernel. */
export class NftablesBackend implements ProxyBackend {
  readonly name = "nftables";
  readonly #options: NftablesOptions;
  /** What the kernel has; `undefined` before the first time and after a failure, when it is all made anew. */
  #current: Ruleset | undefined;

  constructor(options: NftablesOptions) {
    this.#options = options;
  }

  async apply(map: ServiceMap): Promise<void> {
    const next = renderRules(map);
    const base = this.#current ? "" : renderBase(this.#options);
    const changes = base + renderDiff(this.#options.table, this.#current ?? emptyRuleset, next);
    if (changes === "") return;
    this.#current = undefined;
    await runNft(changes);
    this.#current = next;
    if (this.#options.loopbackVia) await letLoopbackOut(this.#options.loopbackVia);
  }

  async cleanup(): Promise<void> {
    this.#current = undefined;
    const { table } = this.#options;
    await runNft(`add table ip ${table}\ndelete table ip ${table}\n`);
  }
}

/**
 * Lets the kernel route packets with a loopback address through this interface and no other, so that the permission goes
 * away with it; the table keeps others from the node's loopback address. Until the first pod there is no bridge, and
 * nobody to connect to.
 */
async function letLoopbackOut(bridge: string): Promise<void> {
  try {
    await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, "1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** One transaction: all commands hold afterwards, or none. */
export async function runNft(commands: string): Promise<void> {
  await runProgram("nft", ["-f", "-"], commands);
}
