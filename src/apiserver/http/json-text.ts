/** What plain JSON.parse does not tell about a text: where it breaks, in Go's words, and which fields stand twice. */

/** Go's message for a text that is not JSON; `undefined` for one that is. */
export function jsonSyntaxError(text: string): string | undefined {
  const scan = new Scan(text);
  try {
    scan.value(0, undefined);
    scan.space();
    if (scan.at < text.length) scan.fail("after top-level value");
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
  return undefined;
}

/** Paths of the fields that stand more than once in a text that is JSON, each once. */
export function duplicateKeys(text: string): readonly string[] {
  const found = new Set<string>();
  new Scan(text).value(0, { path: "", found });
  return [...found];
}

/** Where the scan is, and where it puts keys that it has met before. */
interface Place {
  readonly path: string;
  readonly found: Set<string>;
}

/** Deeper than any object, shallow enough for everything that walks down a value. */
const maxDepth = 1000;
const quote = 0x22;
const backslash = 0x5c;

class Scan {
  at = 0;

  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  fail(where: string): never {
    if (this.at >= this.text.length) throw new SyntaxError("unexpected end of JSON input");
    const char = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
    throw new SyntaxError(`invalid character ${quoted(char)} ${where}`);
  }

  space(): void {
    for (; ; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  value(depth: number, place: Place | undefined): void {
    if (depth > maxDepth) throw new SyntaxError("exceeded max depth");
    this.space();
    const first = this.text[this.at];
    if (first === "{") this.object(depth, place);
    else if (first === "[") this.array(depth, place);
    else if (first === '"') this.string();
    else if (first === "t") this.literal("true");
    else if (first === "f") this.literal("false");
    else if (first === "n") this.literal("null");
    else this.number();
  }

  object(depth: number, place: Place | undefined): void {
    this.at++;
    this.space();
    if (this.text[this.at] === "}") {
      this.at++;
      return;
    }
    const seen = place && new Set<string>();
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail("looking for beginning of object key string");
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ":") this.fail("after object key");
      this.at++;
      const below = place && { ...place, path: place.path ? `${place.path}.${key}` : key };
      if (below && seen?.has(key)) below.found.add(below.path);
      seen?.add(key);
      this.value(depth + 1, below);
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== "}") this.fail("after object key:value pair");
      this.at++;
      if (next === "}") return;
    }
  }

  array(depth: number, place: Place | undefined): void {
    this.at++;
    this.space();
    if (this.text[this.at] === "]") {
      this.at++;
      return;
    }
    for (let i = 0; ; i++) {
      this.value(depth + 1, place && { ...place, path: `${place.path}[${i}]` });
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== "]") this.fail("after array element");
      this.at++;
      if (next === "]") return;
    }
  }

  string(): string {
    const start = ++this.at;
    let escaped = false;
    for (; ; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === quote) break;
      if (code === backslash) {
        escaped = true;
        this.escape();
      } else if (!(code >= 0x20)) this.fail("in string literal"); // NaN at the end of the text
    }
    const raw = this.text.slice(start, this.at++);
    return escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  escape(): void {
    this.at++;
    const char = this.text[this.at];
    if (char === undefined || !'"\\/bfnrtu'.includes(char)) this.fail("in string escape code");
    if (char !== "u") return;
    for (let i = 0; i < 4; i++) {
      this.at++;
      if (!/[0-9a-fA-F]/.test(this.text[this.at] ?? "")) this.fail("in \\u hexadecimal character escape");
    }
  }

  literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.at++;
      if (this.text[this.at] !== word[i]) this.fail(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.at++;
  }

  number(): void {
    if (!/[-0-9]/.test(this.text[this.at] ?? "")) this.fail("looking for beginning of value");
    if (this.text[this.at] === "-") {
      this.at++;
      if (!/[0-9]/.test(this.text[this.at] ?? "")) this.fail("in numeric literal");
    }
    if (this.text[this.at] === "0") this.at++;
    else this.digits();
    if (this.text[this.at] === ".") {
      this.at++;
      if (!this.digits()) this.fail("after decimal point in numeric literal");
    }
    if (this.text[this.at] === "e" || this.text[this.at] === "E") {
      this.at++;
      if (this.text[this.at] === "+" || this.text[this.at] === "-") this.at++;
      if (!this.digits()) this.fail("in exponent of numeric literal");
    }
  }

  digits(): boolean {
    const start = this.at;
    while (/[0-9]/.test(this.text[this.at] ?? "")) this.at++;
    return this.at > start;
  }
}

/** A character as Go quotes it. */
function quoted(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  const named: Record<string, string> = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
    "\\": "\\\\",
  };
  const code = char.codePointAt(0) ?? 0;
  if (named[char]) return `'${named[char]}'`;
  return code < 0x20 || code === 0x7f ? `'\\x${code.toString(16).padStart(2, "0")}'` : `'${char}'`;
}
