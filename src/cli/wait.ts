import { isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { parseDuration } from "#schema/duration.ts";
import { accessFlags, namespaceFlag, withAccess } from "./access.ts";
import { type Command, UsageError } from "./command.ts";
import { nameOfKind } from "./get.ts";
import { parseTargets, type Target } from "./kinds.ts";
import { pause } from "./pause.ts";

/** Whether it holds of an object, which is `undefined` when there is none. */
type Condition = (object: KubeObject | undefined) => boolean;

export const waitCommand: Command = {
  name: "wait",
  args: "<TYPE/NAME...>",
  summary: "wait until a condition holds, as in: --for=condition=Available deployment/web",
  flags: [
    ...accessFlags,
    namespaceFlag,
    { spec: "--for <CONDITION>", help: "condition=NAME[=STATUS] or delete" },
    { spec: "--timeout <DURATION>", help: "how long to wait at most, as 30s (default) or 2m" },
  ],
  run: (invocation) =>
    withAccess(invocation, async ({ client, namespace }) => {
      const { args, flags, out, signal } = invocation;
      const holds = parseCondition(String(flags.for ?? ""));
      const deadline = performance.now() + timeoutMs(String(flags.timeout ?? "30s"));
      for (const target of parseTargets(args)) {
        const { resource, name } = named(target);
        const shown = `${nameOfKind(resource)}/${name}`;
        const find = () =>
          client.get(resource, { namespace, name }).catch((error: unknown) => {
            if (isNotFound(error)) return undefined;
            throw error;
          });
        while (!holds(await find())) {
          if (performance.now() > deadline) throw new UsageError(`timed out waiting for the condition on ${shown}`);
          await pause(50, signal);
        }
        out.line(`${shown} condition met`);
      }
    }),
};

function named({ resource, name }: Target): { resource: Target["resource"]; name: string } {
  if (!name) throw new UsageError("name what to wait for, as in: deployment/web");
  return { resource, name };
}

function parseCondition(text: string): Condition {
  if (text === "delete") return (object) => object === undefined;
  const [, type, status = "true"] = /^condition=([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (type === undefined) throw new UsageError(`--for: "${text}" is not known: use condition=NAME[=STATUS] or delete`);
  return (object) => {
    const conditions =
      (object as { status?: { conditions?: { type: string; status: string }[] } } | undefined)?.status?.conditions ??
      [];
    return conditions.some(
      (c) => c.type.toLowerCase() === type.toLowerCase() && c.status.toLowerCase() === status.toLowerCase(),
    );
  };
}

function timeoutMs(text: string): number {
  try {
    return Number(parseDuration(text) / 1_000_000n);
  } catch {
    throw new UsageError(`--timeout: "${text}" is not a duration: give one like 30s or 2m`);
  }
}
