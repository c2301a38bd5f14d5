import type { Status } from "#api/meta/api-error.ts";

/** How the end of a command is told on the error channel. */
export const succeeded: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" };

export function exitStatus(code: number): Status {
  if (code === 0) return succeeded;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `command terminated with exit code ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

export function failedStatus(message: string): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}

/** What another streaming server said in the place of an exit code; told on as it is. */
export class CommandFailed extends Error {
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? "the command failed for no reason given");
    this.status = status;
  }
}

/** The exit code in what came on the error channel. Throws CommandFailed when the command could not run at all. */
export function exitCodeOf(text: string): number {
  let status: Partial<Status>;
  try {
    status = JSON.parse(text) as Partial<Status>;
  } catch (cause) {
    throw new Error(text || "the command's end was never told: the connection broke", { cause });
  }
  if (status.status === "Success") return 0;
  const cause = status.details?.causes?.find((c) => c.reason === "ExitCode");
  const code = Number(cause?.message);
  if (status.reason === "NonZeroExitCode" && Number.isInteger(code)) return code;
  throw new CommandFailed({ ...failedStatus(""), ...status } as Status);
}
