import { badRequest, invalid } from "#api/meta/api-error.ts";
import { isTrue } from "#api/meta/query-flag.ts";
import type { DeleteOptions, PatchType, RequestOptions, Verb } from "#client/transport.ts";
import { forbidden, invalid as invalidValue, notSupported, type Problem, required, tooLong } from "#schema/problem.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Query parameters as options, checked as far as they can be without looking at any object. Throws ApiError. */
export function requestOptions(verb: Verb, query: URLSearchParams, patchType?: PatchType): RequestOptions {
  if (query.size === 0 && patchType !== "apply") return {};
  const options = parseOptions(query);
  const problems = check(verb, query, options, patchType);
  if (problems.length > 0) throw invalid({ group: "meta.k8s.io", kind: optionsKind[verb] }, "", problems);
  return options;
}

/** Deletion options may stand in the query instead of the body. */
export function deleteOptionsOf(query: URLSearchParams): DeleteOptions | undefined {
  const seconds = integer(query, "gracePeriodSeconds");
  const policy = query.get("propagationPolicy") || undefined;
  const orphan = query.get("orphanDependents");
  if (seconds === undefined && policy === undefined && orphan === null) return undefined;
  return {
    ...(seconds !== undefined && { gracePeriodSeconds: seconds }),
    ...(policy !== undefined && { propagationPolicy: policy as "Background" }),
    ...(orphan !== null && { orphanDependents: isTrue(orphan) }),
  };
}

const optionsKind: Readonly<Record<Verb, string>> = {
  get: "GetOptions",
  list: "ListOptions",
  watch: "ListOptions",
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions",
  delete: "DeleteOptions",
  deletecollection: "DeleteOptions",
};

function parseOptions(query: URLSearchParams): RequestOptions {
  const options: Writable<RequestOptions> = {};
  for (const name of ["labelSelector", "fieldSelector", "continue", "resourceVersion", "fieldManager"] as const) {
    const value = query.get(name);
    if (value) options[name] = value;
  }
  for (const name of ["limit", "timeoutSeconds"] as const) {
    const value = integer(query, name);
    if (value !== undefined) options[name] = value;
  }
  for (const name of ["allowWatchBookmarks", "sendInitialEvents", "force"] as const) {
    const value = query.get(name);
    if (value !== null) options[name] = isTrue(value);
  }
  const match = query.get("resourceVersionMatch");
  if (match) options.resourceVersionMatch = match;
  if (query.getAll("dryRun").some(Boolean)) options.dryRun = true;
  const validation = query.get("fieldValidation");
  if (validation) options.fieldValidation = validation as "Strict";
  return options;
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace("+", ""));
  if (BigInt.asIntN(64, value) !== value) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return Number(value);
}

function check(
  verb: Verb,
  query: URLSearchParams,
  options: RequestOptions,
  patchType: PatchType | undefined,
): readonly Problem[] {
  if (verb === "get") return [];
  if (verb === "list") return checkList(options);
  if (verb === "watch") return checkWatch(options);
  return [
    ...(verb === "patch" ? checkPatch(options, patchType) : []),
    ...checkDryRun(query),
    ...(verb === "delete" || verb === "deletecollection" ? [] : checkWrite(options)),
  ];
}

function checkDryRun(query: URLSearchParams): readonly Problem[] {
  const values = query.getAll("dryRun").filter(Boolean);
  return values.every((value) => value === "All") ? [] : [notSupported("dryRun", values, ["All"])];
}

const validations = ["Ignore", "Strict", "Warn"];

function checkWrite({ fieldManager, fieldValidation }: RequestOptions): readonly Problem[] {
  const problems: Problem[] = [];
  if (fieldManager !== undefined) {
    if (Buffer.byteLength(fieldManager) > 128) problems.push(tooLong("fieldManager", 128));
    if (/\p{Cc}|\p{Cn}|\p{Co}/u.test(fieldManager)) {
      problems.push(invalidValue("fieldManager", fieldManager, "should only contain printable characters"));
    }
  }
  if (fieldValidation !== undefined && !validations.includes(fieldValidation)) {
    problems.push(notSupported("fieldValidation", fieldValidation, validations));
  }
  return problems;
}

function checkPatch({ force, fieldManager }: RequestOptions, type: PatchType | undefined): readonly Problem[] {
  if (type === "apply") return fieldManager ? [] : [required("fieldManager", "is required for apply patch")];
  return force === undefined ? [] : [forbidden("force", "may not be specified for non-apply patch")];
}

const matchField = "resourceVersionMatch";

function checkList(options: RequestOptions): readonly Problem[] {
  const { resourceVersionMatch: match, resourceVersion, sendInitialEvents } = options;
  const problems: Problem[] = [];
  if (match !== undefined) {
    if (!resourceVersion) {
      problems.push(forbidden(matchField, `${matchField} is forbidden unless resourceVersion is provided`));
    }
    if (options.continue) problems.push(forbidden(matchField, `${matchField} is forbidden when continue is provided`));
    if (match !== "Exact" && match !== "NotOlderThan") {
      problems.push(notSupported(matchField, match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && resourceVersion === "0") {
      problems.push(forbidden(matchField, `${matchField} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (sendInitialEvents !== undefined) {
    problems.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return problems;
}

function checkWatch(options: RequestOptions): readonly Problem[] {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const problems: Problem[] = [];
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    problems.push(forbidden(matchField, `sendInitialEvents requires setting ${matchField} to NotOlderThan`));
  }
  if (match !== undefined) {
    if (sendInitialEvents === undefined) {
      problems.push(forbidden(matchField, `${matchField} is forbidden for watch unless sendInitialEvents is provided`));
    }
    if (match !== "NotOlderThan") problems.push(notSupported(matchField, match, ["NotOlderThan"]));
    if (options.continue) problems.push(forbidden(matchField, `${matchField} is forbidden when continue is provided`));
  }
  return problems;
}
