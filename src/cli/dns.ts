import { installHostNames, uninstallHostNames } from "#cluster/host-names.ts";
import { readIdentity } from "#cluster/identity.ts";
import { layoutOf } from "#cluster/layout.ts";
import type { Settings } from "#cluster/settings.ts";
import { accessFlags, withAccess } from "./access.ts";
import { type Command, type Invocation, UsageError } from "./command.ts";
import { settingFlags, settingsOf } from "./settings-flags.ts";

const installCommand: Command = {
  name: "dns install",
  summary: "let programs of this machine resolve the names of Dns objects, now and as they change",
  flags: [...accessFlags, ...settingFlags("hostsFile")],
  async run(invocation) {
    const settings = settingsOf(invocation);
    const identity = identityOf(settings);
    const hosts = await withAccess(invocation, ({ client }) =>
      changing(() => installHostNames(client, settings.hostsFile, identity)),
    );
    const names = hosts.length === 0 ? "no names yet" : hosts.join(", ");
    invocation.out.done(`${settings.hostsFile} follows the cluster's Dns objects: ${names}`);
  },
};

const uninstallCommand: Command = {
  name: "dns uninstall",
  summary: "take away what dns install has written",
  flags: settingFlags("dataDir", "hostsFile"),
  async run(invocation: Invocation) {
    const settings = settingsOf(invocation);
    const there = await changing(() => uninstallHostNames(settings.hostsFile, identityOf(settings).suffix));
    invocation.out.done(
      there ? `${settings.hostsFile} is as before.` : `${settings.hostsFile} has no names of this cluster.`,
    );
  },
};

function identityOf({ dataDir }: Settings) {
  const identity = readIdentity(layoutOf(dataDir));
  if (!identity)
    throw new UsageError(`there is no cluster in ${dataDir}: start one with minik8s up, or name its --data-dir`);
  return identity;
}

async function changing<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EROFS" && code !== "EPERM") throw error;
    throw new UsageError(`${path} cannot be written: run this as root`);
  }
}

export const dnsCommands: readonly Command[] = [installCommand, uninstallCommand];
