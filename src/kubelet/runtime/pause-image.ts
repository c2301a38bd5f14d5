import { existsSync, readFileSync } from "node:fs";
import { imageArchive } from "./image-archive.ts";
import { pauseProgram } from "./pause-program.ts";

/** What sandboxes are made of; never pulled, since no registry can have this name. */
export const pauseImage = "minik8s.local/pause:1";

const busybox = "/bin/busybox";

/** The archive of the pause image for this machine. */
export function pauseArchive(arch: string = process.arch): Buffer {
  const program = pauseProgram(arch);
  const entrypoint = ["/pause"];
  if (program) {
    return imageArchive({
      reference: pauseImage,
      arch,
      files: [{ path: "/pause", content: program, mode: 0o755 }],
      entrypoint,
    });
  }
  if (!existsSync(busybox)) {
    throw new Error(`no pause program for ${arch}, nor ${busybox} in its place: apt-get install busybox-static`);
  }
  const script = "#!/bin/busybox sh\ntrap 'exit 0' TERM INT\nwhile :; do /bin/busybox sleep 86400 & wait $!; done\n";
  return imageArchive({
    reference: pauseImage,
    arch,
    files: [
      { path: "/bin/busybox", content: readFileSync(busybox), mode: 0o755 },
      { path: "/pause", content: Buffer.from(script), mode: 0o755 },
    ],
    entrypoint,
  });
}
