import { RpcError } from "#grpc/rpc-error.ts";
import { ImagePullError } from "../runtime.ts";

export { RpcError };

export const isNotFound = (error: unknown): boolean => error instanceof RpcError && error.code === "NOT_FOUND";
export const isUnimplemented = (error: unknown): boolean => error instanceof RpcError && error.code === "UNIMPLEMENTED";
/** Nobody listens, or the connection broke: the runtime is away, most likely for a short time. */
export const isUnavailable = (error: unknown): boolean => error instanceof RpcError && error.code === "UNAVAILABLE";

/** What a failed pull means to Kubernetes. */
export function pullError(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  const reason = error.details.startsWith("RegistryUnavailable")
    ? "RegistryUnavailable"
    : /failed to parse image reference|invalid reference format/.test(error.details)
      ? "InvalidImageName"
      : "ErrImagePull";
  return new ImagePullError(reason, error.message, { cause: error });
}
