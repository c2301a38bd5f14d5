import { readSettings, type SettingName, type Settings, settingsTable } from "#cluster/settings.ts";
import type { Flag, Invocation } from "./command.ts";

/** The flags of some settings, read off their one table. */
export function settingFlags(...names: readonly SettingName[]): Flag[] {
  return names.map((name) => {
    const { flag, value, help, default: standard, env } = settingsTable[name];
    const shown = standard === "" ? "" : `, default ${standard}`;
    return { spec: `--${flag} <${value}>`, help: `${help} (${env}${shown})` };
  });
}

/** The settings that an invocation's flags and the environment make. */
export function settingsOf({ flags }: Pick<Invocation, "flags">): Settings {
  const given = Object.entries(settingsTable).flatMap(([name, { flag }]) => {
    const value = flags[camelCase(flag)];
    return typeof value === "string" ? [[name, value]] : [];
  });
  return readSettings(Object.fromEntries(given));
}

const camelCase = (flag: string) => flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
