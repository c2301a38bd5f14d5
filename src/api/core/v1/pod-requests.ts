import { quantityMilliValue, quantityValue } from "#schema/quantity.ts";
import type { PodSpec } from "./pod.ts";

/** Amounts by resource name: CPU in thousandths of a core, everything else in its own unit (bytes, pieces). */
export type Amounts = Readonly<Record<string, number>>;

type Quantities = Readonly<Record<string, string>> | undefined;

export function amountsOf(quantities: Quantities): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const [name, quantity] of Object.entries(quantities ?? {})) {
    amounts[name] = name === "cpu" ? quantityMilliValue(quantity) : quantityValue(quantity);
  }
  return amounts;
}

/**
 * What a pod takes of a node: its containers together, or the most that it needs at one time while its init containers
 * run one after the other, beside the init containers that stay (restartPolicy Always); plus its overhead.
 */
export function podRequests(spec: Pick<PodSpec, "containers" | "initContainers" | "overhead">): Record<string, number> {
  const running: Record<string, number> = {};
  for (const container of spec.containers ?? []) add(running, amountsOf(container.resources?.requests));
  const staying: Record<string, number> = {};
  const starting: Record<string, number> = {};
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(container.resources?.requests);
    if (container.restartPolicy === "Always") {
      add(staying, own);
      add(running, own);
      raise(starting, staying);
    } else {
      const together = { ...staying };
      add(together, own);
      raise(starting, together);
    }
  }
  raise(running, starting);
  add(running, amountsOf(spec.overhead));
  return running;
}

function add(sum: Record<string, number>, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + amount;
}

function raise(peak: Record<string, number>, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) peak[name] = Math.max(peak[name] ?? 0, amount);
}
