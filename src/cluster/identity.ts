import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { isFreeRange } from "./addresses.ts";
import type { Layout } from "./layout.ts";
import type { Settings } from "./settings.ts";

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
  const identity: ClusterIdentity = {
    format,
    port: settings.port ?? standardPort,
    clusterCidr: settings.clusterCidr ?? firstFree(244, "cluster-cidr"),
    serviceCidr: settings.serviceCidr ?? firstFree(96, "service-cluster-ip-range"),
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

function firstFree(start: number, flag: string): string {
  for (let second = start; second < start + 10; second++) {
    const range = `10.${second}.0.0/16`;
    if (isFreeRange(range)) return range;
  }
  throw new Error(
    `no address range from 10.${start}.0.0/16 to 10.${start + 9}.0.0/16 is free: name one with --${flag}`,
  );
}

async function write(layout: Layout, identity: ClusterIdentity): Promise<void> {
  await mkdir(dirname(layout.identity), { recursive: true });
  const draft = `${layout.identity}.new`;
  await writeFile(draft, `${JSON.stringify(identity, null, 2)}\n`);
  await rename(draft, layout.identity);
}
