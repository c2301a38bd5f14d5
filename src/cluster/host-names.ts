import { Dnses } from "#api/catalog.ts";
import type { Client } from "#client/client.ts";
import { installBlock, renewBlock, uninstallBlock } from "#dns/hosts-block.ts";
import { ingressAddress } from "./cluster-services.ts";
import type { ClusterIdentity } from "./identity.ts";

const ownerOf = (suffix: string) => `minik8s-${suffix}`;

const blockOf = ({ suffix, serviceCidr }: ClusterIdentity, hosts: readonly string[]) => ({
  owner: ownerOf(suffix),
  address: ingressAddress(serviceCidr),
  hosts: [...new Set(hosts.map((host) => host.toLowerCase()))],
});

/** Lets the programs of this machine resolve the names of Dns objects; from then on the agent keeps them up to date. */
export async function installHostNames(
  client: Pick<Client, "list">,
  file: string,
  identity: ClusterIdentity,
): Promise<string[]> {
  const { items } = await client.list(Dnses);
  const block = blockOf(
    identity,
    items.map(({ spec }) => spec.host),
  );
  await installBlock(file, block);
  return block.hosts;
}

/** Resolves with whether there was anything to take away. */
export const uninstallHostNames = (file: string, suffix: string): Promise<boolean> =>
  uninstallBlock(file, ownerOf(suffix));

export const renewHostNames = (file: string, identity: ClusterIdentity, hosts: readonly string[]): Promise<boolean> =>
  renewBlock(file, blockOf(identity, hosts));
