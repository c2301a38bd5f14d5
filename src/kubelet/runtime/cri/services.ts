import type { GrpcChannel } from "./grpc-channel.ts";
import { imageMethods, type Read, runtimeMethods, type Written } from "./messages.ts";

type RuntimeMethods = typeof runtimeMethods;
type ImageMethods = typeof imageMethods;

/** CRI's two services as functions; each call has a deadline. */
export interface CriServices {
  runtime<N extends keyof RuntimeMethods>(
    name: N,
    request: Written<RuntimeMethods[N][0]>,
    deadlineMs?: number,
  ): Promise<Read<RuntimeMethods[N][1]>>;
  images<N extends keyof ImageMethods>(
    name: N,
    request: Written<ImageMethods[N][0]>,
    deadlineMs?: number,
  ): Promise<Read<ImageMethods[N][1]>>;
}

/** As long as Kubernetes gives a runtime for one request. */
export const requestDeadlineMs = 120_000;

export function criServices(channel: GrpcChannel): CriServices {
  return {
    runtime: (name, request, deadlineMs = requestDeadlineMs) =>
      channel.call(`/runtime.v1.RuntimeService/${name}`, runtimeMethods[name], request, deadlineMs),
    images: (name, request, deadlineMs = requestDeadlineMs) =>
      channel.call(`/runtime.v1.ImageService/${name}`, imageMethods[name], request, deadlineMs),
  };
}
