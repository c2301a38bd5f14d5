import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { agentSettings, readSettings, SettingError, serverSettings, settingsTable, toFlags } from "./settings.ts";

test("a flag wins over the environment, the environment over the default", () => {
  const environment = { MINIK8S_DATA: "/from/environment", MINIK8S_LOG_LEVEL: "debug" };
  const settings = readSettings({ dataDir: "/from/flag" }, environment);
  assert.equal(settings.dataDir, "/from/flag");
  assert.equal(settings.logLevel, "debug");
  assert.equal(settings.storage, "lmdb:");
  assert.equal(settings.port, undefined);
});

test("relative folders count from where the command runs", () => {
  assert.equal(readSettings({ dataDir: "data" }, {}).dataDir, resolve("data"));
});

const wrong: readonly [Parameters<typeof readSettings>[0], RegExp][] = [
  [{ port: "http" }, /^--port: "http" is not a port: give a number from 1 to 65535, or 0/],
  [{ port: "65536" }, /is not a port/],
  [{ port: "-1" }, /is not a port/],
  [{ nodeIp: "fe80::1" }, /is not an IPv4 address/],
  [{ clusterCidr: "10.0.0.0" }, /^--cluster-cidr: "10.0.0.0" is not an address range/],
  [{ serviceCidr: "10.0.0.0/30" }, /is not an address range/],
  [{ nodeName: "Node_1" }, /^--node-name: "Node_1" is not a name/],
  [{ proxyMode: "ipvs" }, /^--proxy-mode: "ipvs" is not known: use nftables, iptables, none/],
];
for (const [flags, message] of wrong) {
  test(`${JSON.stringify(flags)} is refused, with what would be right`, () => {
    assert.throws(
      () => readSettings(flags, {}),
      (error) => error instanceof SettingError && message.test(error.message),
    );
  });
}

test("a child process that is given the flags sees the same settings", () => {
  const names = [...new Set([...serverSettings, ...agentSettings])];
  const given = { dataDir: "/d", port: "7443", clusterCidr: "10.9.0.0/16", tokenAuthFile: "/t.csv", proxyMode: "none" };
  const settings = readSettings(given, {});
  const flags = Object.fromEntries(
    toFlags(settings, names).map((flag) => {
      const [, name, value] = /^--([^=]+)=(.*)$/.exec(flag) as unknown as [string, string, string];
      return [Object.entries(settingsTable).find(([, each]) => each.flag === name)?.[0], value];
    }),
  );
  assert.deepEqual(readSettings(flags, {}), settings);
});

test("the page about settings has a row for each, and for nothing else", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../docs/settings.md"), "utf8");
  const rows = [...page.matchAll(/^\| `--([a-z-]+)[^`]*` \| `([A-Z0-9_]+)` \| (?:`([^`]*)`)? ?\|/gm)];
  const documented = rows.map(([, flag, env, fallback = ""]) => ({ flag, env, default: fallback }));
  const actual = Object.values(settingsTable).map(({ flag, env, default: fallback }) => ({
    flag,
    env,
    default: fallback,
  }));
  assert.deepEqual(documented, actual);
});
