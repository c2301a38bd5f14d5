import type { Taint, Toleration } from "./scheduling.ts";

type TaintLike = Pick<Taint, "key" | "effect"> & Partial<Pick<Taint, "value">>;

/** Whether one toleration tolerates one taint; an empty key with Exists tolerates all, an empty effect all effects. */
export function tolerates(toleration: Toleration, taint: TaintLike): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if ((toleration.operator ?? "Equal") === "Exists") return true;
  return Boolean(toleration.key) && (toleration.value ?? "") === (taint.value ?? "");
}

export function isTolerated(taint: TaintLike, tolerations: readonly Toleration[] | undefined): boolean {
  return (tolerations ?? []).some((toleration) => tolerates(toleration, taint));
}
