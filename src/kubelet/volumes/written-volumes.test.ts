import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Volume } from "#api/core/v1/volume.ts";
import { podOf } from "../pod.fixture.ts";
import { Unanswered } from "../references.ts";
import type { VolumeContext } from "./volume.ts";
import { projectedVolume } from "./written-volumes.ts";

const volume: Volume = {
  name: "access",
  projected: {
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    ],
    defaultMode: 0o644,
  },
};

test("a token lies beside what it is used with, follows its renewal and stays while nobody answers", async () => {
  const root = await mkdtemp(join(tmpdir(), "token-volume-"));
  try {
    let answer: () => Promise<string> = async () => "first";
    const context = {
      pod: podOf({}),
      folder: join(root, "v"),
      references: { configMap: async () => ({ data: { "ca.crt": "authority" } }) },
      tokens: { token: () => answer() },
    } as unknown as VolumeContext;
    const prepare = () => projectedVolume.prepare(volume, context);
    const read = () => Promise.all(["token", "ca.crt"].map((name) => readFile(join(context.folder, name), "utf8")));
    const away = async () => Promise.reject(new Unanswered(new Error("connect ECONNREFUSED")));

    answer = away;
    await assert.rejects(prepare(), Unanswered, "what was never written cannot stay");
    answer = async () => "first";
    assert.equal(await prepare(), context.folder);
    assert.deepEqual(await read(), ["first", "authority"]);
    answer = async () => "second";
    await prepare();
    assert.deepEqual(await read(), ["second", "authority"]);
    answer = away;
    assert.equal(await prepare(), context.folder);
    assert.deepEqual(await read(), ["second", "authority"]);
    answer = async () => Promise.reject(new Error('serviceaccounts "x" not found'));
    await assert.rejects(prepare(), /not found/, "an answer counts");
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
