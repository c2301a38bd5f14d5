import type { Pod } from "#api/core/v1/pod.ts";
import { parseDuration } from "#schema/duration.ts";
import { type Access, accessFlags, namespaceFlag, withAccess } from "./access.ts";
import { type Command, type Invocation, UsageError } from "./command.ts";
import { podMeant } from "./pods.ts";

export const logsCommand: Command = {
  name: "logs",
  args: "<POD|TYPE/NAME>",
  summary: "print what a container has written",
  flags: [
    ...accessFlags,
    namespaceFlag,
    { spec: "-c, --container <NAME>", help: "container of the pod (default: the first)" },
    { spec: "--all-containers", help: "one container after the other" },
    { spec: "-f, --follow", help: "go on until the container ends" },
    { spec: "-p, --previous", help: "of the container before the last restart" },
    { spec: "--tail <LINES>", help: "only the last lines" },
    { spec: "--since <DURATION>", help: "only lines newer than that, as 5m" },
    { spec: "--since-time <TIME>", help: "only lines after that time (RFC 3339)" },
    { spec: "--timestamps", help: "each line with its time" },
    { spec: "--limit-bytes <BYTES>", help: "stop after so many bytes" },
  ],
  run: (invocation) =>
    withAccess(invocation, async (access) => {
      const pod = await podMeant(invocation.args, access);
      for (const container of containersOf(pod, invocation)) await print(pod, container, invocation, access);
    }),
};

function containersOf(pod: Pod, { flags }: Invocation): string[] {
  if (flags.allContainers) return pod.spec.containers.map((container) => container.name);
  const chosen =
    flags.container ??
    pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"] ??
    pod.spec.containers[0]?.name;
  return [String(chosen)];
}

async function print(
  { metadata }: Pod,
  container: string,
  { flags, out, signal }: Invocation,
  { connection }: Access,
): Promise<void> {
  const query = new URLSearchParams({ container });
  const pass = (name: string, value: unknown) => value !== undefined && query.set(name, String(value));
  pass("follow", flags.follow);
  pass("previous", flags.previous);
  pass("tailLines", flags.tail);
  pass("timestamps", flags.timestamps);
  pass("limitBytes", flags.limitBytes);
  pass("sinceTime", flags.sinceTime);
  if (flags.since !== undefined) pass("sinceSeconds", seconds(String(flags.since)));
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/log?${query}`;
  const answer = await connection.call({ method: "GET", path, headers: { accept: "*/*" }, signal });
  for await (const chunk of answer) await out.write(chunk as Buffer);
}

function seconds(text: string): number {
  try {
    return Math.ceil(Number(parseDuration(text)) / 1e9);
  } catch {
    throw new UsageError(`--since: "${text}" is not a duration: give one like 30s or 5m`);
  }
}
