import { applyCommand } from "./apply.ts";
import type { Command } from "./command.ts";
import { deleteCommand } from "./delete.ts";
import { describeCommand } from "./describe.ts";
import { dnsCommands } from "./dns.ts";
import { execCommand } from "./exec.ts";
import { getCommand } from "./get.ts";
import { imageCommands } from "./image.ts";
import { lifecycleCommands } from "./lifecycle.ts";
import { logsCommand } from "./logs.ts";
import { migrateCommand } from "./migrate.ts";
import { scaleCommand } from "./scale.ts";
import { waitCommand } from "./wait.ts";
import { whyCommand } from "./why.ts";

/** All there is, in the order of the help. */
export const commands: readonly Command[] = [
  ...lifecycleCommands,
  migrateCommand,
  ...imageCommands,
  ...dnsCommands,
  getCommand,
  describeCommand,
  applyCommand,
  deleteCommand,
  logsCommand,
  execCommand,
  scaleCommand,
  waitCommand,
  whyCommand,
];
