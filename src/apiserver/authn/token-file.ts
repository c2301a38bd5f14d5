import { createHash } from "node:crypto";
import type { UserInfo } from "#client/transport.ts";
import { type Authenticator, bearerToken, unauthorized } from "./authenticator.ts";

/**
 * Static tokens, one a line: `token,user,uid,"group1,group2"`, the groups being optional. Throws Error naming the line
 * that is not like that.
 */
export function parseTokenFile(text: string): ReadonlyMap<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [token, name, uid, groups] = csvFields(line).map((field) => field.trim());
    if (!token || !name || uid === undefined) {
      throw new Error(`token file line ${index + 1}: expected token, user and uid, got ${JSON.stringify(line)}`);
    }
    const parts = groups?.split(",").map((group) => group.trim()) ?? [];
    users.set(digest(token), { name, ...(uid && { uid }), groups: parts.filter(Boolean) });
  }
  return users;
}

/** Looks tokens up by their digest, so that the time it takes tells nothing about them. */
export function tokenAuthenticator(users: ReadonlyMap<string, UserInfo>): Authenticator {
  return (credentials) => {
    const token = bearerToken(credentials);
    if (token === undefined) return undefined;
    const user = users.get(digest(token));
    if (!user) throw unauthorized();
    return user;
  };
}

const digest = (token: string) => createHash("sha256").update(token).digest("base64");

function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
  }
  return fields;
}
