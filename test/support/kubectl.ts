import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Conversation, type Outcome, outcomeOf, type ProgramOptions } from "./program.ts";

export interface KubectlOptions {
  readonly path: string;
  readonly namespace: string;
  readonly env: NodeJS.ProcessEnv;
  /** A folder for manifests. */
  readonly scratch: string;
}

/** Words separated by blanks, or a list when a word has blanks in it. */
export type Words = string | readonly string[];

const wordsOf = (words: Words) => (typeof words === "string" ? words.split(" ") : words);

/** One kubectl program in one namespace. */
export class Kubectl {
  readonly path: string;
  readonly namespace: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #scratch: string;

  constructor({ path, namespace, env, scratch }: KubectlOptions) {
    this.path = path;
    this.namespace = namespace;
    this.env = env;
    this.#scratch = scratch;
  }

  /** Whatever comes of it. */
  outcome(words: Words, options: ProgramOptions = {}): Promise<Outcome> {
    return outcomeOf(this.path, this.args(words), { env: this.env, ...options });
  }

  args(words: Words): string[] {
    return ["--namespace", this.namespace, ...wordsOf(words)];
  }

  /** Its output without blanks around it; it must succeed. */
  async ok(words: Words, options: ProgramOptions = {}): Promise<string> {
    const { stdout, stderr, code } = await this.outcome(words, options);
    assert.equal(code, 0, `kubectl ${wordsOf(words).join(" ")}: ${stdout}${stderr}`);
    return stdout.trim();
  }

  /** What it complains about; it must fail. */
  async fails(words: Words, options: ProgramOptions & { code?: number } = {}): Promise<string> {
    const { stdout, stderr, code } = await this.outcome(words, options);
    assert.equal(code, options.code ?? 1, `kubectl ${wordsOf(words).join(" ")}: ${stdout}${stderr}`);
    return stderr.trim();
  }

  /** Each line of a table split at its columns, the heading first. */
  async table(words: Words): Promise<string[][]> {
    return (await this.ok(words)).split("\n").map((line) => line.trim().split(/\s{2,}/));
  }

  talk(words: Words): Conversation {
    return new Conversation(this.path, this.args(words), { env: this.env });
  }

  /**
   * Follows its output, of a watch as a rule, until it matches. Watch one object by a field selector, not by its name: kubectl
   * gets a named one first and then drops the first event of its watch, with whatever changed in between.
   */
  async shows(words: Words, pattern: RegExp): Promise<void> {
    await using talk = this.talk(words);
    await talk.until(pattern);
  }

  /** A talk inside a terminal of its own. */
  talkInTerminal(words: Words): Conversation {
    const command = [this.path, ...this.args(words)].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    return new Conversation("script", ["--quiet", "--return", "--command", command, "/dev/null"], { env: this.env });
  }

  /** A file with that text. */
  async file(text: string, name = `${randomUUID()}.yaml`): Promise<string> {
    const path = join(this.#scratch, name);
    await writeFile(path, text);
    return path;
  }

  apply(manifest: string, flags = ""): Promise<string> {
    return this.ok(["apply", ...flags.split(" ").filter(Boolean), "-f", "-"], { input: manifest });
  }

  async ensureNamespace(): Promise<void> {
    const { code, stderr } = await this.outcome(["create", "namespace", this.namespace]);
    if (code !== 0) assert.match(stderr, /AlreadyExists/);
  }
}
