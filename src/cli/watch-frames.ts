import type { Readable } from "node:stream";

/** One line of a watch. */
export interface Frame {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

/** The frames of a watch until the server ends it; ends quietly when the signal aborts. */
export async function* watchFrames(answer: Readable, signal: AbortSignal): AsyncGenerator<Frame> {
  let rest = "";
  answer.setEncoding("utf8");
  try {
    for await (const chunk of answer as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line) yield JSON.parse(line) as Frame;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
