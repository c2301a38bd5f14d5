import assert from "node:assert/strict";
import { test } from "node:test";
import { type Command, type Invocation, type Output, runCommandLine } from "./command.ts";

const out = {} as Output; // handed through, never looked at here

/** What the action of a command was given, and the exit status. */
async function given(argv: readonly string[], command: Omit<Command, "run" | "summary">, result?: number) {
  let seen: Invocation | undefined;
  const run: Command["run"] = async (invocation) => {
    seen = invocation;
    return result;
  };
  const { signal } = new AbortController();
  const status = await runCommandLine(argv, [{ ...command, summary: "", run }], { version: "test", out, signal });
  return { status, args: seen?.args, flags: seen?.flags };
}

const flags = [
  { spec: "-A, --all-namespaces", help: "" },
  { spec: "-o, --output <FORMAT>", help: "" },
  { spec: "-f, --filename <PATH>", help: "", many: true },
];

test("arguments and flags come as plain values", async () => {
  const argv = ["get", "pods", "-A", "-o", "wide", "-f", "a.yaml", "-f", "b.yaml", "web"];
  assert.deepEqual(await given(argv, { name: "get", args: "[TYPE] [NAME...]", flags }), {
    status: 0,
    args: ["pods", "web"],
    flags: { allNamespaces: true, output: "wide", filename: ["a.yaml", "b.yaml"] },
  });
});

test("a command of two words", async () => {
  const { args } = await given(["image", "load", "a.tar"], { name: "image load", args: "<FILE...>" });
  assert.deepEqual(args, ["a.tar"]);
});

test("flags of another command line are left to it", async () => {
  const command = { name: "exec", args: "<POD> <COMMAND...>", flags, passThrough: true };
  const { args, flags: own } = await given(["exec", "-A", "web", "ls", "-o", "x"], command);
  assert.deepEqual(args, ["web", "ls", "-o", "x"]);
  assert.deepEqual(own, { allNamespaces: true });
});

test("the action's number is the exit status", async () => {
  assert.equal((await given(["exec"], { name: "exec" }, 7)).status, 7);
});
