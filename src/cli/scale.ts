import { accessFlags, namespaceFlag, withAccess } from "./access.ts";
import { type Command, UsageError } from "./command.ts";
import { nameOfKind } from "./get.ts";
import { parseOne } from "./kinds.ts";

export const scaleCommand: Command = {
  name: "scale",
  args: "<TYPE/NAME...>",
  summary: "set the number of replicas",
  flags: [...accessFlags, namespaceFlag, { spec: "--replicas <NUMBER>", help: "how many there should be" }],
  run: (invocation) =>
    withAccess(invocation, async ({ client, namespace }) => {
      const { args, flags, out } = invocation;
      const replicas = Number(flags.replicas);
      if (flags.replicas === undefined) throw new UsageError("--replicas is missing, as in: --replicas=3");
      if (!Number.isInteger(replicas) || replicas < 0) {
        throw new UsageError(
          `--replicas: ${JSON.stringify(flags.replicas)} is not a number of replicas: give 0 or more`,
        );
      }
      const { resource, name } = parseOne(args);
      if (!resource.subresources.includes("scale")) throw new UsageError(`${resource.plural} cannot be scaled`);
      const patch = { type: "merge", body: { spec: { replicas } } } as const;
      await client.patch(resource, { namespace, name }, patch, { subresource: "scale" });
      out.line(`${nameOfKind(resource)}/${name} scaled`);
    }),
};
