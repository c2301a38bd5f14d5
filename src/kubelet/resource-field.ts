import type { ResourceFieldSelector } from "#api/core/v1/env.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { parseQuantity } from "#schema/quantity.ts";

/** What a container gets when it sets no limit of its own. */
export type Allocatable = Readonly<Record<string, string>>;

/** The value of a resourceFieldRef: rounded up to whole divisors. A missing limit is what the node has. */
export function resourceValue(
  pod: Pod,
  { containerName, resource, divisor }: ResourceFieldSelector,
  own: string | undefined,
  allocatable: Allocatable,
): string {
  const name = containerName || own;
  const container = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].find((c) => c.name === name);
  if (!container) throw new Error(`container "${name}" not found in pod`);
  const parts = /^(limits|requests)\.(.+)$/.exec(resource);
  if (!parts) throw new Error(`unsupported container resource : ${resource}`);
  const [, which, what = ""] = parts;
  const { limits = {}, requests = {} } = container.resources ?? {};
  const amount = which === "limits" ? (limits[what] ?? allocatable[what]) : requests[what];
  if (amount === undefined) return "0";
  const unit = divisor === undefined || divisor === "0" ? 10n ** 9n : parseQuantity(divisor).nanos;
  const { nanos } = parseQuantity(amount);
  return String((nanos + unit - 1n) / unit);
}
