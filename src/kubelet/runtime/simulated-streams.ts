import { Duplex, PassThrough } from "node:stream";
import type { StreamOptions, StreamSession } from "./runtime.ts";

/** A command that prints its own words, then what it reads until the end of its input. */
export function echoSession(command: readonly string[], options: StreamOptions): StreamSession {
  const stdout = new PassThrough();
  const stderr = options.stderr && !options.tty ? new PassThrough() : undefined;
  const stdin = options.stdin ? new PassThrough() : undefined;
  stderr?.end();
  stdout.write(`${command.join(" ")}\n`);
  if (stdin) stdin.pipe(stdout);
  else stdout.end();
  return session(stdout, stdin, stderr, options);
}

/** What a container has written so far and, until `ended` settles, what goes in as `stdin` comes back. */
export function attachSession(lines: readonly string[], ended: Promise<number>, options: StreamOptions): StreamSession {
  const stdout = new PassThrough();
  const stdin = options.stdin ? new PassThrough() : undefined;
  for (const line of lines) stdout.write(`${line}\n`);
  stdin?.pipe(stdout, { end: false });
  void ended.then(() => stdout.end());
  const { exitCode, ...rest } = session(stdout, stdin, undefined, options);
  return { ...rest, exitCode: exitCode.then(() => 0) };
}

function session(
  stdout: PassThrough,
  stdin: PassThrough | undefined,
  stderr: PassThrough | undefined,
  options: StreamOptions,
): StreamSession {
  const exitCode = new Promise<number>((resolve) => stdout.once("close", () => resolve(0)));
  if (!options.stdout) stdout.resume();
  return {
    ...(options.stdout && { stdout }),
    ...(stdin && { stdin }),
    ...(stderr && { stderr }),
    resize() {},
    exitCode,
    close() {
      stdin?.destroy();
      stdout.destroy();
    },
  };
}

/** A port behind which everything comes back as it went in. */
export function echoPort(): Duplex {
  const echo = new PassThrough();
  return Duplex.from({ readable: echo, writable: echo });
}
