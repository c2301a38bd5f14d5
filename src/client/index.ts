/** What the package offers as `minik8s/client`: a client for any Kubernetes API server. */
export {
  type Client,
  createClient,
  type Key,
  type ListOptions,
  type Reader,
  type WatchOptions,
  type WriteOptions,
  type Writer,
} from "./client.ts";
export { type HttpTransport, httpTransport } from "./http-transport.ts";
export { accessFrom, type Kubeconfig, loadKubeconfig } from "./kubeconfig.ts";
export type { Transport, UserInfo } from "./transport.ts";
