import { Command as Program } from "commander";

/** One flag of a command. Without `value` it is a switch; with `many` it may be given more than once. */
export interface Flag {
  /** As commander writes it: `-o, --output <FORMAT>`, `-A, --all-namespaces`. */
  readonly spec: string;
  readonly help: string;
  readonly many?: boolean;
}

/** What a command's action works with: plain values; it knows no argv, no environment and no process. */
export interface Invocation {
  readonly args: readonly string[];
  /** By the long name in camelCase: strings, `true` for switches, lists for repeated flags. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly out: Output;
  readonly signal: AbortSignal;
}

export interface Output {
  /** A line of result on standard output. */
  line(text: string): void;
  /** Bytes on standard output, with backpressure. */
  write(chunk: Uint8Array | string): Promise<void>;
  /** What is going on, on standard error; on a terminal the next step replaces it, elsewhere each is a line. */
  progress(text: string): void;
  /** Ends a progress line, so that it stays. */
  done(text: string): void;
  /** A warning on standard error. */
  warn(text: string): void;
  readonly stdin: NodeJS.ReadStream;
  readonly isTerminal: boolean;
}

export interface Command {
  /** `get`, `image load`. */
  readonly name: string;
  /** As commander writes arguments: `<TYPE> [NAME...]`. */
  readonly args?: string;
  readonly summary: string;
  readonly flags?: readonly Flag[];
  /** The action; resolves when what was asked for holds. A number is the exit status. */
  // biome-ignore lint/suspicious/noConfusingVoidType: an action that just returns has succeeded
  run(invocation: Invocation): Promise<number | void>;
  readonly hidden?: boolean;
  /** Words after the first argument belong to another command line, flags included. */
  readonly passThrough?: boolean;
}

/** Thrown for what the user can mend; printed without a stack. */
export class UsageError extends Error {}

/** Runs the command that argv names. Resolves with the exit status. */
export async function runCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  options: { version: string; out: Output; signal: AbortSignal },
): Promise<number> {
  let status = 0;
  const program = new Program("minik8s")
    .description("A small Kubernetes: API server, controllers, scheduler and node agent.")
    .version(options.version)
    .exitOverride()
    .showHelpAfterError("(minik8s --help lists the commands)")
    .enablePositionalOptions();
  for (const command of commands) {
    addCommand(program, command, async (invocation) => {
      status = (await command.run({ ...invocation, out: options.out, signal: options.signal })) ?? 0;
    });
  }
  try {
    await program.parseAsync(argv as string[], { from: "user" });
  } catch (error) {
    // commander throws after it has printed help, a version or a complaint; the exit code tells which
    const exit = error as { code?: string; exitCode?: number };
    if (typeof exit.code === "string" && exit.code.startsWith("commander.")) return exit.exitCode ?? 1;
    throw error;
  }
  return status;
}

type Action = (invocation: Pick<Invocation, "args" | "flags">) => Promise<void>;

function addCommand(program: Program, command: Command, action: Action): void {
  const words = command.name.split(" ");
  const name = words.pop() as string;
  let parent = program;
  for (const word of words) {
    parent = parent.commands.find((known) => known.name() === word) ?? parent.command(word).exitOverride();
  }
  const target = parent
    .command(command.args ? `${name} ${command.args}` : name, { hidden: command.hidden ?? false })
    .description(command.summary)
    .exitOverride();
  if (words.length > 0) parent.description(parent.commands.map((each) => each.name()).join(", "));
  if (command.passThrough) target.passThroughOptions();
  for (const { spec, help, many } of command.flags ?? []) {
    if (many) target.option(spec, help, (value: string, before: string[] = []) => [...before, value]);
    else target.option(spec, help);
  }
  target.action(async (...all: unknown[]) => {
    const positional = all
      .slice(0, -2)
      .flat()
      .filter((arg): arg is string => typeof arg === "string");
    await action({ args: positional, flags: target.opts() });
  });
}
