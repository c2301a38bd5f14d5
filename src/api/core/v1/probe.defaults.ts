import type { HTTPGetAction, Probe } from "./probe.ts";

/** Zero stands for "not given" in all of these. */
export function deriveProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
}

export function deriveHttpGet(action: HTTPGetAction): void {
  action.path ||= "/";
  action.scheme ??= "HTTP";
}
