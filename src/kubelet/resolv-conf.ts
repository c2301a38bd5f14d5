import { readFile } from "node:fs/promises";

/** The node's DNS configuration as pods can use it. */
export async function nodeResolvConf(): Promise<string> {
  const text = await read("/etc/resolv.conf");
  // A stub on the node's own loopback cannot be reached from a pod; systemd keeps the real servers elsewhere.
  return /^nameserver\s+127\.0\.0\.53\s*$/m.test(text)
    ? (await read("/run/systemd/resolve/resolv.conf")) || text
    : text;
}

/** Empty when there is none: pods then have no DNS, as the node. */
const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
