import { openRemoteCommand, type StreamCredentials } from "#kubelet/streaming/remote-command-client.ts";
import { type Access, accessFlags, namespaceFlag, withAccess } from "./access.ts";
import { type Command, type Invocation, UsageError } from "./command.ts";
import { podMeant } from "./pods.ts";

export const execCommand: Command = {
  name: "exec",
  args: "<POD|TYPE/NAME> <COMMAND...>",
  summary: "run a command in a container; its exit status is ours",
  passThrough: true,
  flags: [
    ...accessFlags,
    namespaceFlag,
    { spec: "-c, --container <NAME>", help: "container of the pod (default: the first)" },
    { spec: "-i, --stdin", help: "pass standard input on" },
    { spec: "-t, --tty", help: "give it a terminal" },
  ],
  run: (invocation) => withAccess(invocation, (access) => exec(invocation, access)),
};

async function exec({ args, flags, out }: Invocation, access: Access): Promise<number> {
  const [target = "", ...words] = args;
  const command = words[0] === "--" ? words.slice(1) : words;
  if (command.length === 0) throw new UsageError("a command is missing, as in: minik8s exec web -- ls /");
  const pod = await podMeant([target], access);
  const tty = Boolean(flags.tty) && Boolean(out.stdin.isTTY);
  if (flags.tty && !tty) out.warn("Unable to use a TTY - input is not a terminal or the right kind of file");
  const query = new URLSearchParams(command.map((word): [string, string] => ["command", word]));
  const container =
    flags.container ??
    pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"] ??
    pod.spec.containers[0]?.name;
  query.set("container", String(container));
  query.set("stdout", "true");
  if (flags.stdin) query.set("stdin", "true");
  query.set(tty ? "tty" : "stderr", "true");
  const { metadata } = pod;
  const url = `${access.endpoint.servers[0]}/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/exec?${query}`;
  const streams = { stdin: Boolean(flags.stdin), stdout: true, stderr: !tty, tty };
  const session = await openRemoteCommand(url, streams, await credentialsOf(access));

  const { stdin } = out;
  if (tty) {
    stdin.setRawMode(true);
    const { stdout } = process;
    const resize = () => session.resize(stdout.columns ?? 80, stdout.rows ?? 24);
    stdout.on("resize", resize);
    resize();
  }
  if (session.stdin) stdin.pipe(session.stdin);
  session.stdin?.on("error", () => {}); // the command ended before it had read all: its exit status tells
  session.stdout?.pipe(process.stdout, { end: false });
  session.stderr?.pipe(process.stderr, { end: false });
  try {
    return await session.exitCode;
  } finally {
    if (tty) stdin.setRawMode(false);
    stdin.unpipe();
    stdin.destroy();
  }
}

async function credentialsOf({ endpoint }: Access): Promise<StreamCredentials> {
  const { ca, cert, key, token, insecureSkipTlsVerify } = endpoint;
  return {
    ca,
    cert,
    key,
    rejectUnauthorized: !insecureSkipTlsVerify,
    ...(token && { headers: { authorization: `Bearer ${await token()}` } }),
  };
}
