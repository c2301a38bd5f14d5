import { existsSync } from "node:fs";
import { openStorage } from "#cluster/engines.ts";
import { layoutOf } from "#cluster/layout.ts";
import { migrate } from "#cluster/migrate.ts";
import { type Command, UsageError } from "./command.ts";
import { settingFlags, settingsOf } from "./settings-flags.ts";

export const migrateCommand: Command = {
  name: "migrate",
  summary: "copy all objects from one storage to another, with no server running, and compare them one by one",
  flags: [
    ...settingFlags("dataDir"),
    {
      spec: "--from <URL>",
      help: "the storage that has the cluster now, as for --storage: lmdb: is the one in the data folder",
    },
    { spec: "--to <URL>", help: "an empty storage, as for --storage: etcd://HOST:2379,…" },
  ],
  async run(invocation) {
    const { out, flags, signal } = invocation;
    const { from, to } = flags;
    if (typeof from !== "string" || typeof to !== "string") throw new UsageError("say --from=URL and --to=URL");
    if (from === to) throw new UsageError("--from and --to are the same");
    const layout = layoutOf(settingsOf(invocation).dataDir);
    if (from === "lmdb:" && !existsSync(layout.storage)) {
      throw new UsageError(`there is no store in ${layout.storage}: --data-dir names the data folder`);
    }
    const source = await openStorage(from, layout.storage);
    try {
      const target = await openStorage(to, layout.storage);
      try {
        const report = (step: string) => out.progress(`${step} …`);
        const { objects } = await migrate({ from: source, to: target, report, signal });
        out.done(`${objects} objects are in ${to}, each compared with its original.`);
        out.line(`Start the server with --storage=${to} from now on.`);
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  },
};
