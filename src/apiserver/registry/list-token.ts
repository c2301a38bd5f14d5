import { badRequest } from "#api/meta/api-error.ts";

/** Where a list goes on. Clients hand it back as it is. */
export interface ListToken {
  /** The revision that all pages show; below 0 when that is no longer possible and the newest is shown. */
  readonly revision: number;
  /** The key, below the range of the list, of the last object on the page before. */
  readonly after: string;
}

const tokenVersion = "meta.k8s.io/v1";

export function writeToken({ revision, after }: ListToken): string {
  const json = JSON.stringify({ v: tokenVersion, rv: revision, start: `${after}\u0000` });
  return Buffer.from(json).toString("base64url");
}

/** Throws ApiError `BadRequest`. */
export function readToken(text: string): ListToken {
  const token = parse(text);
  if (token.v !== tokenVersion) {
    throw badRequest(
      `continue key is not valid: server does not recognize this encoded version ${JSON.stringify(token.v)}`,
    );
  }
  const { rv, start } = token;
  if (!Number.isSafeInteger(rv) || rv === 0)
    throw badRequest("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  if (typeof start !== "string" || start === "") {
    throw badRequest("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  }
  return { revision: rv as number, after: start.endsWith("\u0000") ? start.slice(0, -1) : start };
}

function parse(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    throw badRequest("continue key is not valid: illegal base64 data or JSON"); // both are the client's mistake
  }
  if (typeof value !== "object" || value === null) throw badRequest("continue key is not valid");
  return value;
}
