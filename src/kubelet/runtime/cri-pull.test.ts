import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { run } from "#kit/scope.ts";
import { containerd } from "./containerd.ts";
import { containerdPaths } from "./containerd-paths.ts";
import { resetContainerd } from "./containerd-stop.ts";
import { type CriRuntime, openCriRuntime } from "./cri-runtime.ts";
import { findTools } from "./machine.ts";
import { ImagePullError } from "./runtime.ts";
import { tar } from "./tar.ts";

const skip = await findTools().then(
  () => false,
  (error: Error) => error.message,
);

const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** What a registry answers for one small image: bytes by path. */
function imageFiles() {
  const layer = tar([{ path: "hello", content: Buffer.from("hello") }]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { User: "1234" },
      rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
    }),
  );
  const part = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const type = "application/vnd.oci.image.manifest.v1+json";
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: part("application/vnd.oci.image.config.v1+json", config),
      layers: [part("application/vnd.oci.image.layer.v1.tar", layer)],
    }),
  );
  const digest = digestOf(manifest);
  const files = new Map<string, { type: string; bytes: Buffer }>();
  for (const bytes of [layer, config])
    files.set(`blobs/${digestOf(bytes)}`, { type: "application/octet-stream", bytes });
  for (const name of ["1", digest]) files.set(`manifests/${name}`, { type, bytes: manifest });
  return { files, digest };
}

/** Serves the image as `open/hello:1`, and as `shut/hello:1` to those who know the password. */
async function registry(t: TestContext): Promise<{ host: string; digest: string }> {
  const { files, digest } = imageFiles();
  const server = createServer((request, response) => {
    const [, name = "", path = ""] = /^\/v2\/(open|shut)\/hello\/(.*)$/.exec(request.url ?? "") ?? [];
    const allowed = request.headers.authorization === `Basic ${Buffer.from("ann:secret").toString("base64")}`;
    const file = files.get(path);
    if (name === "shut" && !allowed) response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
    else if (!file) response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[]}');
    else {
      const headers = { "content-type": file.type, "content-length": file.bytes.length };
      response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : file.bytes);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, digest };
}

async function startRuntime(t: TestContext): Promise<CriRuntime> {
  const base = await mkdtemp(join(tmpdir(), "minik8s-pull-"));
  const dir = join(base, "containerd");
  const bridge = `mk8s-p${process.pid % 100_000}`;
  const runtime = await openCriRuntime({ socket: containerdPaths(dir).socket });
  const options = {
    dir,
    bridge,
    podCidrs: ["10.199.0.0/24"],
    masquerade: false,
    clock: systemClock,
    log: silentLogger,
  };
  const running = await run([containerd(options, runtime)]);
  t.after(async () => {
    await running.stop();
    runtime.close();
    await resetContainerd(dir, { bridge });
    await rm(base, { recursive: true });
  });
  return runtime;
}

test("images are pulled, and what went wrong is told in Kubernetes' words", { skip }, async (t) => {
  const [{ host, digest }, runtime] = await Promise.all([registry(t), startRuntime(t)]);

  await t.test("an image anyone may have", async () => {
    const id = await runtime.pullImage(`${host}/open/hello:1`);
    const image = await runtime.image(`${host}/open/hello:1`);
    assert.equal(image?.id, id);
    assert.deepEqual(image?.tags, [`${host}/open/hello:1`]);
    assert.deepEqual(image?.digests, [`${host}/open/hello@${digest}`]);
    assert.deepEqual(image?.user, { uid: 1234 });
    assert.ok((image?.sizeBytes ?? 0) > 0);
    assert.ok((await runtime.images()).some((other) => other.id === id));
  });

  await t.test("an image that asks for a password", async () => {
    const reference = `${host}/shut/hello:1`;
    await assert.rejects(
      runtime.pullImage(reference),
      pullError(/^rpc error: code = Unknown desc = failed to pull and unpack image .*auth/i),
    );
    const wrong = { username: "ann", password: "guess" };
    await assert.rejects(runtime.pullImage(reference, wrong), pullError(/401 Unauthorized/));
    await runtime.pullImage(reference, { username: "ann", password: "secret" });
    assert.deepEqual((await runtime.image(reference))?.digests.length, 2);
  });

  await t.test("an image that is not there", async () => {
    const missing = `${host}/open/hello:2`;
    const text = `rpc error: code = NotFound desc = failed to pull and unpack image "${missing}": failed to resolve `;
    const told = pullError(new RegExp(`^${RegExp.escape(text)}.*${RegExp.escape(`${missing}: not found`)}$`));
    await assert.rejects(runtime.pullImage(missing), told);
    assert.equal(await runtime.image(missing), undefined);
  });

  await t.test("a registry that cannot be reached", async () => {
    await assert.rejects(
      runtime.pullImage("127.0.0.1:1/some/thing:1"),
      pullError(
        /^rpc error: code = Unknown desc = failed to pull and unpack image "127.0.0.1:1\/some\/thing:1": .*refused/,
      ),
    );
  });

  await t.test("a name that is none", async () => {
    await assert.rejects(
      runtime.pullImage("Not A Name"),
      (error) => error instanceof ImagePullError && error.reason === "InvalidImageName",
    );
  });
});

const pullError = (text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ImagePullError);
  assert.equal(error.reason, "ErrImagePull");
  assert.match(error.message, text);
  return true;
};
