import { badly } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import { isQualifiedName } from "#schema/formats.ts";
import { invalid, type Problem, required } from "#schema/problem.ts";
import type { Event } from "./event.ts";

export const eventRules: Rules<Event> = {
  check: (next, old) => [...checkNamespace(next), ...(next.eventTime && !old ? checkNewStyle(next) : [])],
};

/** Events about what lies in no namespace are kept in `default`. */
function checkNamespace({ metadata, involvedObject }: Event): Problem[] {
  const about = involvedObject.namespace ?? "";
  const fits = about === "" ? metadata.namespace === "default" : about === metadata.namespace;
  return fits ? [] : [invalid("involvedObject.namespace", about, "does not match event.namespace")];
}

/** Who gives an exact time of the event writes the newer form of events, which asks for more. */
function checkNewStyle(event: Event): Problem[] {
  const { reportingComponent = "", reportingInstance = "", action = "", reason = "", message = "" } = event;
  const problems: Problem[] = [];
  if (!reportingComponent) problems.push(required("reportingComponent"));
  else problems.push(...badly("reportingComponent", reportingComponent, isQualifiedName(reportingComponent)));
  if (!reportingInstance) problems.push(required("reportingInstance"));
  if (!action) problems.push(required("action"));
  if (!reason) problems.push(required("reason"));
  const limited = { reportingInstance, action, reason };
  for (const [field, value] of Object.entries(limited)) {
    if (value.length > 128) problems.push(invalid(field, "", "can have at most 128 characters"));
  }
  if (message.length > 1024) problems.push(invalid("message", "", "can have at most 1024 characters"));
  return problems;
}
