import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { isFreeRange } from "./addresses.ts";
import type { Layout } from "./layout.ts";
import { type Settings, settingsTable } from "./settings.ts";

/** What a cluster is once and for all; kept in its data folder, so that every later start agrees. */
export interface ClusterIdentity {
  readonly format: 1;
  readonly port: number;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly nodeName: string;
  /** Distinguishes what several clusters leave on one machine: bridge, nftables table, cgroups. */
  readonly suffix: string;
}

const format = 1;
const standardPort = 6443;

export const suffixFor = ({ dataDir }: Layout): string =>
  createHash("sha256").update(dataDir).digest("hex").slice(0, 6);

/** The identity in the data folder, or a new one made from the settings and what is free on this machine. */
export async function ensureIdentity(layout: Layout, settings: Settings): Promise<ClusterIdentity> {
  const known = readIdentity(layout);
  if (known) {
    mustAgree("cluster-cidr", settings.clusterCidr, known.clusterCidr, layout);
    mustAgree("service-cluster-ip-range", settings.serviceCidr, known.serviceCidr, layout);
    mustAgree("node-name", settings.nodeName, known.nodeName, layout);
    if (settings.port === undefined || settings.port === known.port) return known;
    const moved = { ...known, port: settings.port };
    await write(layout, moved);
    return moved;
  }
  const free = freeRanges(layout);
  const identity: ClusterIdentity = {
    format,
    port: settings.port ?? standardPort,
    clusterCidr: settings.clusterCidr ?? free.cluster,
    serviceCidr: settings.serviceCidr ?? free.service,
    nodeName:
      settings.nodeName ??
      hostname()
        .toLowerCase()
        .replaceAll(/[^-a-z0-9.]/g, "-"),
    suffix: suffixFor(layout),
  };
  await write(layout, identity);
  return identity;
}

/** `undefined` when the folder holds no cluster yet. Throws when it was made by a version that this one cannot read. */
export function readIdentity(layout: Layout): ClusterIdentity | undefined {
  if (!existsSync(layout.identity)) return undefined;
  let read: Partial<ClusterIdentity>;
  try {
    read = JSON.parse(readFileSync(layout.identity, "utf8"));
  } catch (error) {
    throw new Error(
      `${layout.identity} cannot be read (${(error as Error).message}): restore it, or start over with: minik8s reset --yes`,
    );
  }
  if (read.format !== format) {
    throw new Error(
      `${layout.dataDir} holds a cluster of format ${read.format}, this version knows format ${format}: use the version that made it, or another --data-dir`,
    );
  }
  return read as ClusterIdentity;
}

function mustAgree(flag: string, wanted: string | undefined, known: string, layout: Layout): void {
  if (wanted === undefined || wanted === known) return;
  throw new Error(
    `--${flag}=${wanted} does not fit the cluster in ${layout.dataDir}, which has ${known}: leave the flag out, use another --data-dir, or erase it with: minik8s reset --yes`,
  );
}

/** How many clusters with ranges of their own choosing a machine has room for. */
const pairs = 10;

/**
 * A pair of ranges that nothing on this machine leads into. Service addresses show in no route, so both go by the same
 * number; and clusters begin to look at different numbers, so that two that never ran at the same time differ too.
 */
function freeRanges(layout: Layout): { cluster: string; service: string } {
  const first =
    layout.dataDir === settingsTable.dataDir.default ? 0 : 1 + (Number.parseInt(suffixFor(layout), 16) % (pairs - 1));
  for (let i = 0; i < pairs; i++) {
    const number = (first + i) % pairs;
    const ranges = { cluster: `10.${244 + number}.0.0/16`, service: `10.${96 + number}.0.0/16` };
    if (isFreeRange(ranges.cluster) && isFreeRange(ranges.service)) return ranges;
  }
  throw new Error("no free address range was found: name them with --cluster-cidr and --service-cluster-ip-range");
}

async function write(layout: Layout, identity: ClusterIdentity): Promise<void> {
  await mkdir(dirname(layout.identity), { recursive: true });
  const draft = `${layout.identity}.new`;
  await writeFile(draft, `${JSON.stringify(identity, null, 2)}\n`);
  await rename(draft, layout.identity);
}
