/**
 * A process of its own that writes without end and tells on stdout what was acknowledged: `key number revision`, number
 * 0 for a deletion. Arguments: the folder and how long a value is.
 */
import { writeSync } from "node:fs";
import { openLmdbStorage } from "./lmdb-storage.ts";
import { stormValue } from "./storm-value.fixture.ts";

const [folder = "", size = "2000"] = process.argv.slice(2);
const storage = await openLmdbStorage(folder, { disk: { changes: 2000, bytes: 1e9 } });

async function storm(key: string): Promise<never> {
  let known = await storage.get(key);
  for (let number = 1; ; number++) {
    const removes = number % 7 === 0 && known !== undefined;
    const value = removes ? undefined : stormValue(key, number, Number(size));
    const { entry, revision } = await storage.write({ key, value, expect: known?.revision ?? 0 });
    known = entry;
    writeSync(1, `${key} ${removes ? 0 : number} ${revision}\n`);
  }
}

Array.from({ length: 200 }, (_, i) =>
  storm(`storm/${i}`).catch((error: Error) => {
    writeSync(2, `${error.message}\n`);
    process.exitCode = 3;
  }),
);
