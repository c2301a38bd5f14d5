import { unchanged } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import { invalid, type Problem, required, tooLong } from "#schema/problem.ts";
import { checkImmutable, checkKeys, decodedLength, largestData } from "./config-data.rules.ts";
import type { Secret } from "./secret.ts";

export const secretRules: Rules<Secret> = {
  check: (next, old) => [
    ...(old ? [...unchanged("type", next.type, old.type), ...checkImmutable(next, old, ["data"])] : []),
    ...checkKeys(next.data, "data"),
    ...checkSize(next),
    ...checkType(next),
  ],
};

function checkSize({ data = {} }: Secret): Problem[] {
  const size = Object.values(data).reduce((sum, value) => sum + decodedLength(value), 0);
  return size > largestData ? [tooLong("data", largestData)] : [];
}

const accountName = "kubernetes.io/service-account.name";

/** Keys that a secret of a certain type must have; of those of basic authentication one is enough. */
const keysOf: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
};

function checkType({ type = "", metadata, data = {} }: Secret): Problem[] {
  if (type === "kubernetes.io/service-account-token") {
    return metadata.annotations?.[accountName] ? [] : [required(`metadata.annotations[${accountName}]`)];
  }
  if (type === "kubernetes.io/basic-auth") {
    const names = ["username", "password"];
    return names.some((name) => Object.hasOwn(data, name)) ? [] : names.map((name) => required(`data[${name}]`));
  }
  const keys = keysOf[type] ?? [];
  const missing = keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
  return [...missing, ...(type.startsWith("kubernetes.io/docker") ? keys.flatMap((key) => checkJson(data, key)) : [])];
}

/** The message never repeats what is secret. */
function checkJson(data: Readonly<Record<string, string>>, key: string): Problem[] {
  if (!Object.hasOwn(data, key)) return [];
  try {
    JSON.parse(Buffer.from(data[key]!, "base64").toString());
    return [];
  } catch {
    // Why it is no JSON would quote a piece of it.
    return [invalid(`data[${key}]`, "<secret contents redacted>", "invalid character in JSON")];
  }
}
