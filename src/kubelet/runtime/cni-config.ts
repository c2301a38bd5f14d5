/** What decides how the pods of a node are wired. */
export interface CniConfig {
  readonly name: string;
  /** At most 15 letters, as the kernel wants interface names. */
  readonly bridge: string;
  /** The addresses of this node's pods. */
  readonly podCidrs: readonly string[];
  /** Where addresses in use are noted. */
  readonly dataDir: string;
  /** Whether the bridge plugin hides pods behind the node's address; not when another part does that. */
  readonly masquerade: boolean;
  readonly mtu?: number;
}

/** The text of a CNI conflist: a bridge of our own, addresses by host-local, host ports by portmap. */
export function cniConfig(config: CniConfig): string {
  const bridge = {
    type: "bridge",
    bridge: config.bridge,
    isDefaultGateway: true,
    forceAddress: false,
    hairpinMode: true,
    ipMasq: config.masquerade,
    ...(config.mtu !== undefined && { mtu: config.mtu }),
    ipam: {
      type: "host-local",
      dataDir: config.dataDir,
      ranges: config.podCidrs.map((subnet) => [{ subnet }]),
    },
  };
  const portmap = { type: "portmap", capabilities: { portMappings: true }, snat: true };
  const list = { cniVersion: "0.4.0", name: config.name, plugins: [bridge, portmap] };
  return `${JSON.stringify(list, null, 2)}\n`;
}
