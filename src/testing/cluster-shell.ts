import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { type Command, type Output, runCommandLine } from "#cli/command.ts";
import { commands } from "#cli/commands.ts";
import { parseDuration } from "#schema/duration.ts";
import { type TestCluster, type TestClusterOptions, testCluster } from "./test-cluster.ts";
import type { Shell } from "./transcript.ts";

/**
 * The commands of transcripts: those of the command line, over HTTPS, and a few that act on the cluster itself: `settle`,
 * `advance 30s`, `fall node-1`, `rise node-1`.
 */
export async function clusterShell(options: TestClusterOptions = {}): Promise<Shell> {
  const cluster = await testCluster({ ...options, http: true });
  await cluster.settle();
  const names = new StableNames();
  return {
    async execute(line) {
      const [word = "", argument = ""] = line.split(/\s+/);
      const own = ownCommands[word];
      if (own) {
        await own(cluster, argument);
        return "";
      }
      return names.in(await whileSettling(cluster, runLine(line, cluster.kubeconfig, commands)));
    },
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}

const ownCommands: Readonly<Record<string, (cluster: TestCluster, argument: string) => Promise<void>>> = {
  settle: (cluster) => cluster.settle(),
  advance: (cluster, duration) => cluster.advance(Number(parseDuration(duration)) / 1e6),
  fall: async (cluster, name) => nodeOf(cluster, name).fall(),
  rise: async (cluster, name) => nodeOf(cluster, name).rise(),
};

function nodeOf({ nodes }: TestCluster, name: string) {
  const node = nodes.find((each) => each.name === name);
  if (!node) throw new Error(`no node "${name}"`);
  return node;
}

/** A command that waits for something waits for the cluster, whose time would stand still otherwise. */
async function whileSettling<T>(cluster: TestCluster, command: Promise<T>): Promise<T> {
  let running = true;
  const ended = command.finally(() => {
    running = false;
  });
  ended.catch(() => {}); // the caller gets it from the return below
  for (let wait = 0; running && wait < patienceMs; wait += pauseMs) {
    await Promise.race([ended, pause(pauseMs)]).catch(() => {}); // as above
    if (running) await cluster.settle();
  }
  if (running) throw new Error(`the command did not end within ${patienceMs} ms`);
  return ended;
}

const patienceMs = 10_000;
const pauseMs = 20;

async function runLine(line: string, kubeconfig: string, known: readonly Command[]): Promise<string> {
  const printed: string[] = [];
  const say = (text: string) => void printed.push(`${text}\n`);
  const out: Output = {
    line: say,
    write: async (chunk) => void printed.push(String(chunk)),
    progress: say,
    done: say,
    warn: say,
    stdin: Readable.from([]) as NodeJS.ReadStream,
    isTerminal: false,
  };
  const argv = [...wordsOf(line), "--kubeconfig", kubeconfig];
  try {
    const status = await runCommandLine(argv, known, { version: "test", out, signal: new AbortController().signal });
    if (status !== 0) say(`exit status ${status}`);
  } catch (error) {
    say(`error: ${(error as Error).message}`);
  }
  return printed.join("");
}

/** Words as a shell takes them, with single and double quotes. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}

/** The random ends of generated names, replaced in the order in which they appear: the first is always `xxxx1`. */
class StableNames {
  readonly #known = new Map<string, string>();

  in(text: string): string {
    return text.replaceAll(/(?<=\w-)[bcdfghjklmnpqrstvwxz2456789]{5}\b(?!-)/g, (end) => {
      const name = this.#known.get(end) ?? String(this.#known.size + 1).padStart(5, "x");
      this.#known.set(end, name);
      return name;
    });
  }
}
