import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type ImageRecipe, imageArchive } from "./image-archive.ts";

const path = "/bin/busybox";

/** The archive of an image with a shell and the usual tools, made of this machine's static busybox. */
export async function busyboxArchive(recipe: ImageRecipe): Promise<Buffer> {
  const [content, { stdout }] = await Promise.all([readFile(path), promisify(execFile)(path, ["--list"])]).catch(
    (error: Error) => {
      throw new Error(`${path} cannot be used (${error.message}): apt-get install busybox-static`, { cause: error });
    },
  );
  const tools = stdout.split("\n").filter((tool) => tool !== "" && tool !== "busybox");
  return imageArchive({
    cmd: ["/bin/sh"],
    ...recipe,
    files: [
      { path, content, mode: 0o755 },
      ...tools.map((tool) => ({ path: `/bin/${tool}`, link: "busybox" })),
      { path: "/tmp", mode: 0o1777 },
      { path: "/etc/passwd", content: Buffer.from("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n") },
      { path: "/etc/group", content: Buffer.from("root:x:0:\nnogroup:x:65534:\n") },
      ...recipe.files,
    ],
  });
}
