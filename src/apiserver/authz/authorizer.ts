import type { ApiError } from "#api/meta/api-error.ts";
import { forbidden } from "#api/meta/api-error.ts";
import { type FieldCondition, parseFieldSelector } from "#api/meta/selector.ts";
import type { ApiRequest, UserInfo } from "#client/transport.ts";

/** What somebody wants to do, in the words of Kubernetes' authorization. */
export interface Attributes {
  readonly user: UserInfo;
  /** A verb of the API, or the method in lower case for a path that is no resource. */
  readonly verb: string;
  readonly resource?: ResourceAttributes | undefined;
  /** What is asked for when it is no resource, as `/healthz`. */
  readonly path?: string | undefined;
}

export interface ResourceAttributes {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** What a list or watch is limited to. */
  readonly fields?: readonly FieldCondition[] | undefined;
}

export interface Decision {
  readonly verdict: "allow" | "deny" | "noOpinion";
  /** Shown to who is refused. */
  readonly reason?: string;
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

export const allow: Decision = { verdict: "allow" };
export const noOpinion: Decision = { verdict: "noOpinion" };

/** Asks one after the other until one has an opinion; with none, the reasons of all tell why. */
export function union(authorizers: readonly Authorizer[]): Authorizer {
  return {
    async authorize(attributes) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = await authorizer.authorize(attributes);
        if (decision.verdict === "allow") return decision;
        if (decision.reason) reasons.push(decision.reason);
        if (decision.verdict === "deny")
          return { verdict: "deny", ...(reasons.length > 0 && { reason: reasons.join(", ") }) };
      }
      return { verdict: "noOpinion", ...(reasons.length > 0 && { reason: reasons.join(", ") }) };
    },
  };
}

/** A list of the one object that a field selector names counts as a question for that object. */
export function attributesOf(request: ApiRequest & { user: UserInfo }): Attributes {
  const { verb, resource, subresource, user, options } = request;
  const { group, version, plural, scope } = resource;
  const fields = options?.fieldSelector ? parseFieldSelector(options.fieldSelector) : undefined;
  const only = fields?.find(({ field, equal }) => field === "metadata.name" && equal)?.value;
  const name = request.name ?? (verb === "create" || verb === "update" ? undefined : only);
  // Kubernetes takes an object of kind Namespace to lie in the namespace of its own name
  const within =
    scope === "Namespaced" ? request.namespace : group === "" && plural === "namespaces" ? name : undefined;
  return { user, verb, resource: { group, version, plural, subresource, namespace: within, name, fields } };
}

/** The error that refuses. */
export function refusal({ user, verb, resource, path }: Attributes, reason: string | undefined): ApiError {
  const who = `User ${JSON.stringify(user.name)} cannot`;
  const tail = reason ? `: ${reason}` : "";
  if (!resource) return forbidden({ group: "", plural: "" }, "", `${who} ${verb} path ${JSON.stringify(path)}${tail}`);
  const { group, plural, subresource, namespace, name } = resource;
  const what = subresource ? `${plural}/${subresource}` : plural;
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : "at the cluster scope";
  return forbidden(
    { group, plural },
    name ?? "",
    `${who} ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${tail}`,
  );
}
