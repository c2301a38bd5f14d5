/** What a node of a cluster is called in the kernel, so that several clusters on one machine keep apart. */
export function kernelNames(suffix: string) {
  return {
    /** The pods' bridge; the kernel allows 15 letters. */
    bridge: `mk8s-${suffix}`,
    /** The nftables table of the Service routes. */
    table: `minik8s_${suffix}`,
    /** The nftables table that leads to what the node serves by itself. */
    localTable: `minik8s_${suffix}_local`,
    /** The cgroup of all pods, below the root of each hierarchy. */
    cgroup: `/minik8s-${suffix}`,
  };
}
