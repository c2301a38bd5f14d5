import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

/** What the commands of a transcript are given to. */
export interface Shell extends AsyncDisposable {
  /** Runs one command and resolves with all that it prints; a failure is printed, too. */
  execute(line: string): Promise<string>;
}

export interface Step {
  /** Comments and blank lines before the command, kept when the file is rewritten. */
  readonly lead: string;
  readonly command: string;
  readonly output: string;
}

const line = "----";

/**
 * A transcript is a list of steps: a command, a line `----`, and the output it must give, which ends at a blank line.
 * Output that has blank lines itself stands between two pairs of `----` lines. `#` begins a comment between steps.
 */
export function parseTranscript(text: string): Step[] {
  const lines = text.split("\n");
  const steps: Step[] = [];
  let at = 0;
  while (at < lines.length) {
    const lead: string[] = [];
    while (at < lines.length && /^(#.*|\s*)$/.test(lines[at] as string)) lead.push(lines[at++] as string);
    if (at >= lines.length) break;
    const command = lines[at++] as string;
    if (lines[at++] !== line) throw new Error(`line ${at}: expected ${line} after "${command}"`);
    const framed = lines[at] === line;
    if (framed) at++;
    const output: string[] = [];
    const ends = () => (framed ? lines[at] === line && lines[at + 1] === line : lines[at] === "");
    while (at < lines.length && !ends()) output.push(lines[at++] as string);
    if (framed) at += 2;
    steps.push({ lead: lead.join("\n"), command, output: output.join("\n") });
  }
  return steps;
}

export function formatTranscript(steps: readonly Step[]): string {
  const texts = steps.map(({ lead, command, output }) => {
    const framed = /(^|\n)(\n|$)/.test(output) && output !== "";
    const body = framed ? `${line}\n${output}\n${line}\n${line}` : output;
    return `${lead ? `${lead}\n` : ""}${command}\n${line}\n${body}${body ? "\n" : ""}`;
  });
  return texts.join("\n");
}

/** One test per file in the folder; with `--rewrite` among the arguments the files are made to say what came out. */
export function runTranscripts(folder: string, open: (file: string) => Promise<Shell>): void {
  const rewrite = process.argv.includes("--rewrite");
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".txt"))) {
    test(name, async () => {
      const file = join(folder, name);
      const steps = parseTranscript(readFileSync(file, "utf8"));
      await using shell = await open(file);
      const done: Step[] = [];
      for (const step of steps) {
        const output = (await shell.execute(step.command)).trimEnd();
        if (!rewrite) assert.equal(output, step.output, `output of: ${step.command}`);
        done.push({ ...step, lead: step.lead.trim(), output });
      }
      if (rewrite) writeFileSync(file, formatTranscript(done));
    });
  }
}
