/**
 * YAML as Kubernetes reads it: version 1.1 without times and base-60 numbers, where `y` and `n` are texts; a later key
 * wins over an earlier one. The library is loaded when first used.
 */
const load = () => import("./yaml-library.ts");

type Tags = import("./yaml-library.ts").Tags;

const yes = /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/;
const no = /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/;

const plainTags = (tags: Tags): Tags =>
  tags.flatMap((tag): Tags => {
    if (typeof tag === "string") return [tag];
    if (tag.tag === "tag:yaml.org,2002:timestamp" || tag.format === "TIME") return [];
    if (tag.tag !== "tag:yaml.org,2002:bool" || !("test" in tag)) return [tag];
    return [{ ...tag, test: tag.test?.test("yes") ? yes : no } as typeof tag];
  });

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
