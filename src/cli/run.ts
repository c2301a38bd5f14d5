import { runCommandLine, UsageError } from "./command.ts";
import { commands } from "./commands.ts";
import { processOutput } from "./output.ts";
import { version } from "./version.ts";

const abort = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => abort.abort(new DOMException(`stopped by ${name}`, "AbortError")));
}
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0); // whoever read has seen enough
  throw error;
});

try {
  const options = { version, out: processOutput(), signal: abort.signal };
  process.exitCode = await runCommandLine(process.argv.slice(2), commands, options);
} catch (error) {
  if (abort.signal.aborted) {
    process.exitCode = 130;
  } else {
    const { message, stack } = error as Error;
    process.stderr.write(`error: ${message}\n`);
    if (process.argv.includes("--log-level=debug") && !(error instanceof UsageError))
      process.stderr.write(`${stack}\n`);
    process.exitCode = 1;
  }
}
