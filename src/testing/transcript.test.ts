import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTranscript, parseTranscript } from "./transcript.ts";

const text = `# a comment
get pods
----
NAME   READY
web    1/1

get nothing
----

describe pod web
----
----
Name: web

Events: none
----
----
`;

test("a transcript is read and written without a change", () => {
  const steps = parseTranscript(text);
  assert.deepEqual(
    steps.map(({ command, output }) => [command, output]),
    [
      ["get pods", "NAME   READY\nweb    1/1"],
      ["get nothing", ""],
      ["describe pod web", "Name: web\n\nEvents: none"],
    ],
  );
  assert.equal(formatTranscript(steps.map((step) => ({ ...step, lead: step.lead.trim() }))), text);
});

test("a command without its line is refused", () => {
  assert.throws(() => parseTranscript("get pods\nNAME\n"), /line 2: expected ----/);
});
