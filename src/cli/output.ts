import { once } from "node:events";
import type { Output } from "./command.ts";

/** Prints for people on a terminal, and plain lines elsewhere. */
export function processOutput(): Output {
  const { stdout, stderr, stdin } = process;
  const isTerminal = Boolean(stderr.isTTY);
  let open = false;
  const clear = () => {
    if (open) stderr.write("\r\x1b[K");
    open = false;
  };
  return {
    stdin,
    isTerminal,
    line(text) {
      clear();
      stdout.write(`${text}\n`);
    },
    async write(chunk) {
      if (!stdout.write(chunk)) await once(stdout, "drain");
    },
    progress(text) {
      clear();
      stderr.write(isTerminal ? text : `${text}\n`);
      open = isTerminal;
    },
    done(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    warn(text) {
      clear();
      stderr.write(`${text}\n`);
    },
  };
}
