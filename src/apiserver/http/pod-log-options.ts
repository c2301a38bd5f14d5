import { badRequest, invalid } from "#api/meta/api-error.ts";
import { isTrue } from "#api/meta/query-flag.ts";
import { forbidden, invalid as invalidValue, type Problem } from "#schema/problem.ts";

const flags = ["follow", "previous", "timestamps"] as const;
const atLeast = { tailLines: 0, sinceSeconds: 1, limitBytes: 1 } as const;

/**
 * PodLogOptions of a request for the log of the pod `name`, as the query that the kubelet gets. Without `container`,
 * which is part of the kubelet's path. Throws ApiError `BadRequest` or `Invalid`.
 */
export function podLogQuery(name: string, query: URLSearchParams): URLSearchParams {
  const out = new URLSearchParams();
  const problems: Problem[] = [];
  for (const flag of flags) if (isTrue(query.get(flag))) out.set(flag, "true");
  for (const [field, least] of Object.entries(atLeast)) {
    const text = query.get(field);
    if (text === null || text === "") continue;
    if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    const value = Number(text);
    const rule = least === 0 ? "must be greater than or equal to 0" : "must be greater than 0";
    if (value < least) problems.push(invalidValue(field, value, rule));
    out.set(field, String(value));
  }
  const sinceTime = query.get("sinceTime");
  if (sinceTime) {
    if (Number.isNaN(Date.parse(sinceTime)))
      throw badRequest(`parsing time ${JSON.stringify(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse`);
    if (out.has("sinceSeconds"))
      problems.push(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
    out.set("sinceTime", sinceTime);
  }
  const stream = query.get("stream");
  if (stream && stream !== "All") {
    if (out.has("tailLines"))
      problems.push(forbidden("", "`tailLines` and specific `stream` are mutually exclusive for now"));
    out.set("stream", stream);
  }
  if (problems.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, name, problems);
  return out;
}
