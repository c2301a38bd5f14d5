export interface End {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
}

const signals: Readonly<Record<number, string>> = {
  1: "hung up (SIGHUP)",
  2: "interrupted (SIGINT)",
  4: "an instruction that this processor does not know (SIGILL)",
  6: "it gave up by itself (SIGABRT)",
  8: "an error in arithmetic (SIGFPE)",
  9: "killed (SIGKILL)",
  11: "it touched memory that is not its own (SIGSEGV)",
  13: "nobody read what it wrote (SIGPIPE)",
  15: "asked to end (SIGTERM)",
};

const codes: Readonly<Record<number, string>> = {
  0: "no error",
  1: "an error of its own",
  2: "an error of its own, often a wrong use of its options",
  126: "its command may not be executed",
  127: "its command was not found in the image",
  128: "it could not be started",
};

/** How a process ended, in words: `exit code 137: killed (SIGKILL)`. */
export function exitMeaning({ exitCode, reason, message }: End): string {
  const said = message ? `, and said: ${message.trim()}` : "";
  if (reason === "OOMKilled") return `exit code ${exitCode}: it used more memory than its limit allows${said}`;
  const meaning = reason === "StartError" ? codes[128] : (codes[exitCode] ?? signals[exitCode - 128]);
  return `exit code ${exitCode}${meaning ? `: ${meaning}` : ""}${said}`;
}
