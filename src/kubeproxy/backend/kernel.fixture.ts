/**
 * Plays a backend's life on the kernel of the network namespace it runs in, and prints what came of each step as JSON.
 * Run by backend.conformance.ts, in a namespace made for it: node kernel.fixture.ts nftables|iptables
 */
import { connect, createServer } from "node:net";
import type { ServicePortRoute } from "../service-map.ts";
import type { ProxyBackend } from "./backend.ts";
import { IptablesBackend } from "./iptables.ts";
import { NftablesBackend } from "./nftables.ts";

const clusterCidr = "10.244.0.0/16";
const backends: Record<string, () => ProxyBackend> = {
  nftables: () => new NftablesBackend({ table: "minik8s_test", clusterCidr }),
  iptables: () => new IptablesBackend({ clusterCidr }),
};

/** An address of this namespace, and one that only a Service has. */
const here = "192.0.2.1";
const serviceIp = "198.51.100.7";

const route = (change: Partial<ServicePortRoute> = {}): ServicePortRoute => ({
  id: "default/web:http",
  protocol: "tcp",
  port: 80,
  clusterIps: [serviceIp],
  externalIps: [],
  nodePort: undefined,
  internal: [],
  external: [],
  externalLocal: false,
  affinitySeconds: undefined,
  ...change,
});

async function serve(name: string): Promise<{ ip: string; port: number }> {
  const server = createServer((socket) => socket.end(name));
  await new Promise<void>((resolve) => server.listen(0, here, resolve));
  server.unref();
  return { ip: here, port: (server.address() as { port: number }).port };
}

function talk(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host, port, timeout: 1000 });
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("timeout", () => socket.destroy(new Error("timeout")));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on("end", () => resolve(text));
  });
}

async function answers(times: number, host = serviceIp, port = 80): Promise<string[]> {
  const found = new Set<string>();
  for (let i = 0; i < times; i++) found.add(await talk(host, port));
  return [...found].toSorted();
}

const backend = backends[process.argv[2] ?? ""]?.();
if (!backend) throw new Error("name a backend");
const [one, two, three] = await Promise.all(["one", "two", "three"].map(serve));
const all = [one, two, three] as { ip: string; port: number }[];
const results: Record<string, unknown> = {};

await backend.apply([route({ internal: all })]);
results.spread = await answers(60);
await backend.apply([route({ internal: all, affinitySeconds: 60 })]);
results.affinity = (await answers(20)).length;
await backend.apply([route({ internal: all.slice(0, 1) })]);
results.one = await answers(5);
const other = route({ id: "default/other:http", clusterIps: ["198.51.100.8"], internal: all.slice(1, 2) });
await backend.apply([route({ internal: all.slice(0, 1) }), other]);
results.two = [...(await answers(3)), ...(await answers(3, "198.51.100.8"))];
await backend.apply([route(), other]);
results.refused = [...(await answers(2)), ...(await answers(2, "198.51.100.8"))];
await backend.apply([route({ internal: all, external: all, nodePort: 30080, externalIps: ["203.0.113.9"] })]);
results.nodePort = await answers(60, here, 30080);
results.external = await answers(60, "203.0.113.9");
await backend.apply([route({ nodePort: 30080, externalLocal: true })]);
results.dropped = await answers(1, here, 30080);
const again = backends[process.argv[2] as string]?.() as ProxyBackend;
await again.apply([other]);
results.takenOver = [...(await answers(3, "198.51.100.8")), await talk(here, 30080)];
await again.cleanup();
results.cleaned = await answers(1);
console.log(JSON.stringify(results));
