/** YAML as Kubernetes reads it: version 1.1 without times and base-60 numbers, a later key wins over an earlier one. Loaded when first used. */
const load = () => import("yaml");

type Tags = import("yaml").Tags;

const plainTags = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === "string" || (tag.tag !== "tag:yaml.org,2002:timestamp" && tag.format !== "TIME"));

const options = { version: "1.1", uniqueKeys: false, customTags: plainTags, logLevel: "silent" } as const;

/** The value of a text that holds one document. Throws Error with `yaml: line N: …`. */
export async function parseYaml(text: string): Promise<unknown> {
  const [first] = await parseYamlDocuments(text);
  return first;
}

/** The values of all documents that are not empty. Throws Error with `yaml: line N: …`. */
export async function parseYamlDocuments(text: string): Promise<unknown[]> {
  const { parseAllDocuments } = await load();
  const documents = parseAllDocuments(text, options);
  const values: unknown[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error) throw new Error(`yaml: line ${error.linePos?.[0].line ?? 1}: ${firstLine(error.message)}`);
    const value: unknown = document.toJS({ maxAliasCount: 1000 });
    if (value !== null && value !== undefined) values.push(value);
  }
  return values;
}

/** One document, with keys in the order of the value. */
export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await load();
  return stringify(value, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
}

const firstLine = (message: string) => message.split(/ at line \d+|\n/, 1)[0];
