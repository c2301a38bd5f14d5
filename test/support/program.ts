import { type ChildProcess, spawn } from "node:child_process";

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; a signal's name when one ended it. */
  readonly code: number | string;
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** After this long it is killed and the promise rejects; default 30,000. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end, whatever that is; never through a shell. */
export async function outcomeOf(
  path: string,
  args: readonly string[],
  { env, cwd, input, timeoutMs = 30_000 }: ProgramOptions = {},
): Promise<Outcome> {
  const child = spawn(path, args, { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {}); // it may end without reading its input
  child.stdin.end(input);
  const stdout = textOf(child.stdout);
  const stderr = textOf(child.stderr);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const started = performance.now();
  try {
    const code = await endOf(child);
    const outcome = { stdout: await stdout, stderr: await stderr, code };
    if (code !== "SIGKILL" || performance.now() - started < timeoutMs) return outcome;
    throw new Error(`${path} ${args.join(" ")} ran longer than ${timeoutMs} ms: ${outcome.stdout}${outcome.stderr}`);
  } finally {
    clearTimeout(timer);
  }
}

function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal ?? -1));
  });
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** A program that goes on running while the test looks at what it has said so far. */
export class Conversation implements AsyncDisposable {
  readonly #child;
  readonly #ended: Promise<number | string>;
  #stdout = "";
  #stderr = "";
  #seen: () => void = () => {};

  constructor(path: string, args: readonly string[], { env, cwd }: Pick<ProgramOptions, "env" | "cwd"> = {}) {
    this.#child = spawn(path, args, { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {}); // told by its exit status
    this.#child.stdout.on("data", (chunk: Buffer) => {
      this.#stdout += chunk;
      this.#seen();
    });
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.#stderr += chunk;
      this.#seen();
    });
    this.#ended = endOf(this.#child).finally(() => this.#seen());
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  say(text: string): void {
    this.#child.stdin.write(text);
  }

  hangUp(): void {
    this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals = "SIGTERM"): void {
    this.#child.kill(signal);
  }

  /** Resolves with its exit status; rejects when it has not ended in time. */
  async ended(limitMs = 20_000): Promise<number | string> {
    const code = await Promise.race([this.#ended, after(limitMs)]);
    if (code !== undefined) return code;
    throw new Error(`has not ended in ${limitMs} ms: ${this.#stdout}${this.#stderr}`);
  }

  /** Resolves when what it has written to either output matches; rejects when it ends or takes too long before. */
  async until(pattern: RegExp, limitMs = 20_000): Promise<RegExpExecArray> {
    const deadline = performance.now() + limitMs;
    let ended = false;
    void this.#ended.then(() => (ended = true));
    for (;;) {
      const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
      if (match) return match;
      const left = deadline - performance.now();
      if (ended || left <= 0) {
        const why = ended ? "ended" : `said nothing for ${limitMs} ms`;
        throw new Error(`${why} without ${pattern}: ${this.#stdout}${this.#stderr}`);
      }
      await Promise.race([new Promise<void>((resolve) => (this.#seen = resolve)), after(Math.min(left, 500))]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.#ended;
  }
}

const after = (ms: number) => new Promise<undefined>((resolve) => setTimeout(resolve, ms, undefined).unref());
