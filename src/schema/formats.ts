import { isIP } from "node:net";
import { invalid, type Problem, tooLong } from "./problem.ts";

/** Checks of texts in Kubernetes' own words: each returns what is wrong, nothing when all is well. */
export type Check = (value: string) => string[];

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const dns1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const envVarName = "[-._a-zA-Z][-._a-zA-Z0-9]*";
const configKey = "[-._a-zA-Z0-9]+";
const cIdentifier = "[A-Za-z_][A-Za-z0-9_]*";

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const labelRegex = whole(label);
const subdomainRegex = whole(subdomain);
const dns1035Regex = whole(dns1035);
const wildcardRegex = whole(`\\*\\.${subdomain}`);
const qualifiedRegex = whole(qualified);
const labelValueRegex = whole(`(${qualified})?`);
const envVarNameRegex = whole(envVarName);
const configKeyRegex = whole(configKey);
const cIdentifierRegex = whole(cIdentifier);

const bytesOf = (value: string) => Buffer.byteLength(value);

export const maxLength = (bytes: number): string => `must be no more than ${bytes} bytes`;
const notEmpty = "must be non-empty";
export const between = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;
export const notNegative = "must be greater than or equal to 0";

/** A sentence, examples and the pattern, joined as Kubernetes joins them (two spaces before each `or`). */
function patternMessage(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const labelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const dns1035Message =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const wildcardMessage =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
const qualifiedMessage = patternMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualified,
  "MyName",
  "my.name",
  "123-abc",
);
const labelValueMessage = patternMessage(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  `(${qualified})?`,
  "MyValue",
  "my_value",
  "12345",
);

export const isDns1123Label: Check = (value) => {
  const problems = bytesOf(value) > 63 ? [maxLength(63)] : [];
  if (labelRegex.test(value)) return problems;
  const dots = subdomainRegex.test(value);
  return [...problems, dots ? "must not contain dots" : patternMessage(labelMessage, label, "my-name", "123-abc")];
};

export const isDns1123Subdomain: Check = (value) => {
  const problems = bytesOf(value) > 253 ? [maxLength(253)] : [];
  if (!subdomainRegex.test(value)) problems.push(patternMessage(subdomainMessage, subdomain, "example.com"));
  return problems;
};

export const isDns1035Label: Check = (value) => {
  const problems = bytesOf(value) > 63 ? [maxLength(63)] : [];
  if (!dns1035Regex.test(value)) problems.push(patternMessage(dns1035Message, dns1035, "my-name", "abc-123"));
  return problems;
};

export const isWildcardDns1123Subdomain: Check = (value) => {
  const problems = bytesOf(value) > 253 ? [maxLength(253)] : [];
  if (!wildcardRegex.test(value)) problems.push(patternMessage(wildcardMessage, `\\*\\.${subdomain}`, "*.example.com"));
  return problems;
};

/** A key of labels and annotations: a name, optionally with a DNS subdomain and a slash before it. */
export const isQualifiedName: Check = (value) => {
  const parts = value.split("/");
  if (parts.length > 2) {
    return [
      `a qualified name ${qualifiedMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  const name = parts.at(-1)!;
  if (parts.length === 2) {
    const prefixProblems = parts[0] === "" ? [notEmpty] : isDns1123Subdomain(parts[0]!);
    problems.push(...prefixProblems.map((problem) => `prefix part ${problem}`));
  }
  if (name === "") problems.push(`name part ${notEmpty}`);
  else if (bytesOf(name) > 63) problems.push(`name part ${maxLength(63)}`);
  if (!qualifiedRegex.test(name)) problems.push(`name part ${qualifiedMessage}`);
  return problems;
};

export const isLabelValue: Check = (value) => {
  const problems = bytesOf(value) > 63 ? [maxLength(63)] : [];
  if (!labelValueRegex.test(value)) problems.push(labelValueMessage);
  return problems;
};

export const isCIdentifier: Check = (value) =>
  cIdentifierRegex.test(value)
    ? []
    : [
        patternMessage(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          cIdentifier,
          "my_name",
          "MY_NAME",
          "MyName",
        ),
      ];

export const isPortNumber = (value: number): string[] => (value >= 1 && value <= 65535 ? [] : [between(1, 65535)]);

export const isPortName: Check = (value) => {
  const problems = bytesOf(value) > 15 ? [maxLength(15)] : [];
  if (!/^[-a-z0-9]+$/.test(value))
    problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) problems.push("must contain at least one letter (a-z)");
  if (value.includes("--")) problems.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) problems.push("must not begin or end with a hyphen");
  return problems;
};

export const isIpAddress: Check = (value) =>
  isIP(value) > 0 && !value.includes("%") ? [] : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];

export const isPercent: Check = (value) =>
  /^[0-9]+%$/.test(value)
    ? []
    : [
        patternMessage(
          "a valid percent string must be a numeric string followed by an ending '%'",
          "[0-9]+%",
          "1%",
          "93%",
        ),
      ];

/** The rule for environment variables since Kubernetes 1.34: printable ASCII without `=`. */
export const isEnvVarName: Check = (value) => {
  if (value === "") return [`environment variable name ${notEmpty}`];
  const printable = /^[ -<>-~]+$/.test(value);
  return printable
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};

/** The older rule, which still says which keys of a ConfigMap or Secret become variables by `envFrom` without a warning. */
export const isStrictEnvVarName: Check = (value) => {
  const problems = envVarNameRegex.test(value)
    ? []
    : [
        patternMessage(
          "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
          envVarName,
          "my.env-name",
          "MY_ENV.NAME",
          "MyEnvName1",
        ),
      ];
  return [...problems, ...leavesFolder(value)];
};

/** A key of a ConfigMap or Secret, which becomes a file name. */
export const isConfigMapKey: Check = (value) => {
  const problems = bytesOf(value) > 253 ? [maxLength(253)] : [];
  if (!configKeyRegex.test(value)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    problems.push(patternMessage(message, configKey, "key.name", "KEY_NAME", "key-name"));
  }
  return [...problems, ...leavesFolder(value)];
};

function leavesFolder(value: string): string[] {
  if (value === "." || value === "..") return [`must not be '${value}'`];
  return value.startsWith("..") ? ["must not start with '..'"] : [];
}

/** A name that stands in a URL path as it is. */
export const isPathSegment: Check = (value) => {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
};

export const isHttpHeaderName: Check = (value) =>
  /^[-A-Za-z0-9]+$/.test(value)
    ? []
    : [
        patternMessage(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          "[-A-Za-z0-9]+",
          "X-Header-Name",
        ),
      ];

/** Keys and values of labels; Kubernetes names the whole map in the field path. */
export function labelProblems(labels: Readonly<Record<string, string>> | undefined, path: string): Problem[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...isQualifiedName(key).map((message) => invalid(path, key, message)),
    ...isLabelValue(value).map((message) => invalid(path, value, message)),
  ]);
}

const mostAnnotationBytes = 256 * 1024;

/** Keys of annotations (their case does not matter) and the size of them all together. */
export function annotationProblems(annotations: Readonly<Record<string, string>> | undefined, path: string): Problem[] {
  const entries = Object.entries(annotations ?? {});
  const problems = entries.flatMap(([key]) =>
    isQualifiedName(key.toLowerCase()).map((message) => invalid(path, key, message)),
  );
  const size = entries.reduce((sum, [key, value]) => sum + bytesOf(key) + bytesOf(value), 0);
  return size > mostAnnotationBytes ? [...problems, tooLong(path, mostAnnotationBytes)] : problems;
}
