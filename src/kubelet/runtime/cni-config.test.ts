import assert from "node:assert/strict";
import { test } from "node:test";
import { type CniConfig, cniConfig } from "./cni-config.ts";

const given: CniConfig = {
  name: "mk8s0",
  bridge: "mk8s0",
  podCidrs: ["10.244.0.0/24"],
  dataDir: "/data/cni-addresses",
  masquerade: false,
};

test("pods get a bridge of their cluster's own, addresses of the node's range and host ports", () => {
  assert.deepEqual(JSON.parse(cniConfig(given)), {
    cniVersion: "0.4.0",
    name: "mk8s0",
    plugins: [
      {
        type: "bridge",
        bridge: "mk8s0",
        isDefaultGateway: true,
        forceAddress: false,
        hairpinMode: true,
        ipMasq: false,
        ipam: { type: "host-local", dataDir: "/data/cni-addresses", ranges: [[{ subnet: "10.244.0.0/24" }]] },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  });
});

test("two families of addresses, a smaller MTU", () => {
  const [bridge] = JSON.parse(cniConfig({ ...given, podCidrs: ["10.244.0.0/24", "fd00::/64"], mtu: 1450 })).plugins;
  assert.deepEqual(bridge.ipam.ranges, [[{ subnet: "10.244.0.0/24" }], [{ subnet: "fd00::/64" }]]);
  assert.equal(bridge.mtu, 1450);
});
