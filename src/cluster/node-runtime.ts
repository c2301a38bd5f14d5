import { containerdPaths } from "#kubelet/runtime/containerd-paths.ts";
import { openCriRuntime } from "#kubelet/runtime/cri-runtime.ts";
import { importImage } from "#kubelet/runtime/image-import.ts";
import { until } from "#kubelet/runtime/process-table.ts";
import type { Image } from "#kubelet/runtime/runtime.ts";
import { layoutOf } from "./layout.ts";
import type { Settings } from "./settings.ts";

/** The images of this node's runtime, for the command line. */
export interface NodeRuntime extends AsyncDisposable {
  images(): Promise<readonly Image[]>;
  /** Takes the images of an archive in; resolves with their references. */
  load(archive: string): Promise<string[]>;
}

const shownMs = 5000;

/** The path of the runtime's socket that the settings name. */
export function runtimeSocket({ runtime, dataDir }: Pick<Settings, "runtime" | "dataDir">): string {
  const named = /^cri:\/\/(\/.+)$/.exec(runtime)?.[1];
  return named ?? containerdPaths(layoutOf(dataDir).containerd).socket;
}

export async function openNodeRuntime(settings: Pick<Settings, "runtime" | "dataDir">): Promise<NodeRuntime> {
  const socket = runtimeSocket(settings);
  const runtime = await openCriRuntime({ socket });
  try {
    await runtime.version();
  } catch (error) {
    await runtime[Symbol.asyncDispose]();
    throw new Error(`the node's container runtime does not answer (${socket}): start the cluster with minik8s up`, {
      cause: error,
    });
  }
  return {
    images: () => runtime.images(),
    async load(archive) {
      const references = await importImage(socket, archive);
      // containerd tells CRI of new images a moment later; a pod that is made right away must find them
      await until(
        async () => (await Promise.all(references.map((each) => runtime.image(each)))).every(Boolean),
        shownMs,
      );
      return references;
    },
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}
