import type { Command } from "./command.ts";
import { lifecycleCommands } from "./lifecycle.ts";

/** All there is, in the order of the help. */
export const commands: readonly Command[] = [...lifecycleCommands];
