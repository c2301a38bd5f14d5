/** Everything that can be set, in one table: flag, environment variable, default, check and help. */
import { isIPv4 } from "node:net";
import { resolve } from "node:path";

export class SettingError extends Error {
  constructor(flag: string, value: string, wrong: string) {
    super(`--${flag}: ${JSON.stringify(value)} ${wrong}`);
    this.name = "SettingError";
  }
}

interface Setting<T> {
  readonly flag: string;
  readonly env: string;
  /** What stands for the value in the help; none for a switch. */
  readonly value?: string;
  /** As a user would type it; empty = worked out at start. */
  readonly default: string;
  readonly help: string;
  readonly check: (text: string, flag: string) => T;
}

const text = (value: string) => value;
const path = (value: string) => resolve(value);
const optionalPath = (value: string) => (value === "" ? undefined : resolve(value));
const optional = (value: string) => (value === "" ? undefined : value);

function port(value: string, flag: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 65535) {
    throw new SettingError(flag, value, "is not a port: give a number from 1 to 65535, or 0 for any free one");
  }
  return number;
}

const optionalPort = (value: string, flag: string) => (value === "" ? undefined : port(value, flag));

function ipv4(value: string, flag: string): string | undefined {
  if (value === "") return undefined;
  if (!isIPv4(value)) throw new SettingError(flag, value, "is not an IPv4 address: give one like 192.0.2.10");
  return value;
}

function cidr(value: string, flag: string): string | undefined {
  if (value === "") return undefined;
  const [address = "", bits = ""] = value.split("/");
  const length = Number(bits);
  if (!isIPv4(address) || !/^\d+$/.test(bits) || length < 8 || length > 28) {
    throw new SettingError(flag, value, "is not an address range: give one like 10.96.0.0/16");
  }
  return value;
}

function dnsName(value: string, flag: string): string | undefined {
  if (value === "") return undefined;
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value) || value.length > 63) {
    throw new SettingError(flag, value, "is not a name: use small letters, digits, '-' and '.', at most 63");
  }
  return value;
}

function domain(value: string, flag: string): string {
  const name = dnsName(value, flag);
  if (name === undefined) throw new SettingError(flag, value, "is empty: give a name like cluster.local");
  return name;
}

const oneOf =
  <const V extends string>(...values: V[]) =>
  (value: string, flag: string): V => {
    if (!values.includes(value as V)) throw new SettingError(flag, value, `is not known: use ${values.join(", ")}`);
    return value as V;
  };

/** As kube-apiserver takes it: URLs of members. Gives what `--storage` would be. */
function etcdServers(value: string, flag: string): string | undefined {
  if (value === "") return undefined;
  if (/^etcds?:/.test(value)) return value; // read before, and passed on to a child process
  const members = value.split(",").map((member) => /^(https?):\/\/([^/]+)\/?$/.exec(member));
  const schemes = new Set(members.map((member) => member?.[1]));
  if (members.includes(null) || schemes.size > 1) {
    throw new SettingError(
      flag,
      value,
      "is not a list of members: give URLs like http://192.0.2.1:2379,http://192.0.2.2:2379",
    );
  }
  return `${schemes.has("https") ? "etcds" : "etcd"}://${members.map((member) => member?.[2]).join(",")}`;
}

export const settingsTable = {
  dataDir: {
    flag: "data-dir",
    env: "MINIK8S_DATA",
    value: "DIR",
    default: "/var/lib/minik8s",
    check: path,
    help: "folder with everything the cluster keeps",
  },
  port: {
    flag: "port",
    env: "MINIK8S_PORT",
    value: "PORT",
    default: "",
    check: optionalPort,
    help: "port of the API server (default: as before, 6443 for a new cluster)",
  },
  bindAddress: {
    flag: "bind-address",
    env: "MINIK8S_BIND_ADDRESS",
    value: "IP",
    default: "0.0.0.0",
    check: text,
    help: "address the API server listens on",
  },
  advertiseAddress: {
    flag: "advertise-address",
    env: "MINIK8S_ADVERTISE_ADDRESS",
    value: "IP",
    default: "",
    check: ipv4,
    help: "address under which pods and nodes reach the API server (default: of the default route)",
  },
  storage: {
    flag: "storage",
    env: "MINIK8S_STORAGE",
    value: "URL",
    default: "lmdb:",
    check: text,
    help: "where objects are kept: lmdb: (in the data folder), etcd://HOST:2379,… (etcds:// or ?ca=…&cert=…&key=… for TLS) or memory:",
  },
  etcdServers: {
    flag: "etcd-servers",
    env: "MINIK8S_ETCD_SERVERS",
    value: "URLS",
    default: "",
    check: etcdServers,
    help: "the members of an etcd cluster, as another way to say --storage=etcd://…",
  },
  clusterCidr: {
    flag: "cluster-cidr",
    env: "MINIK8S_CLUSTER_CIDR",
    value: "CIDR",
    default: "",
    check: cidr,
    help: "addresses of pods (default: 10.244.0.0/16, or the next free one)",
  },
  serviceCidr: {
    flag: "service-cluster-ip-range",
    env: "MINIK8S_SERVICE_CLUSTER_IP_RANGE",
    value: "CIDR",
    default: "",
    check: cidr,
    help: "addresses of Services (default: 10.96.0.0/16, or the next free one)",
  },
  clusterDns: {
    flag: "cluster-dns",
    env: "MINIK8S_CLUSTER_DNS",
    value: "IP",
    default: "",
    check: ipv4,
    help: "address of the cluster's DNS (default: the 10th of the Services' range)",
  },
  clusterDomain: {
    flag: "cluster-domain",
    env: "MINIK8S_CLUSTER_DOMAIN",
    value: "NAME",
    default: "cluster.local",
    check: domain,
    help: "domain of the names of Services and pods",
  },
  schedulerStrategy: {
    flag: "scheduler-strategy",
    env: "MINIK8S_SCHEDULER_STRATEGY",
    value: "NAME",
    default: "Default",
    check: oneOf("Default", "RoundRobin", "Random", "LeastPod", "LeastCpu", "LeastMem"),
    help: "which of the nodes that can take a pod gets it: Default (as Kubernetes scores), RoundRobin, Random, LeastPod, LeastCpu or LeastMem (by what is in use)",
  },
  tokenAuthFile: {
    flag: "token-auth-file",
    env: "MINIK8S_TOKEN_AUTH_FILE",
    value: "FILE",
    default: "",
    check: optionalPath,
    help: 'CSV file of bearer tokens: token,user,uid,"group1,group2"',
  },
  clientCaFile: {
    flag: "client-ca-file",
    env: "MINIK8S_CLIENT_CA_FILE",
    value: "FILE",
    default: "",
    check: optionalPath,
    help: "further certificate authorities whose client certificates are accepted",
  },
  nodeName: {
    flag: "node-name",
    env: "MINIK8S_NODE_NAME",
    value: "NAME",
    default: "",
    check: dnsName,
    help: "name of this node (default: the host name)",
  },
  nodeIp: {
    flag: "node-ip",
    env: "MINIK8S_NODE_IP",
    value: "IP",
    default: "",
    check: ipv4,
    help: "address of this node (default: of the default route)",
  },
  kubeletPort: {
    flag: "kubelet-port",
    env: "MINIK8S_KUBELET_PORT",
    value: "PORT",
    default: "10250",
    check: port,
    help: "port of the node's own API; when it is taken, the next free one",
  },
  ingressHttpPort: {
    flag: "ingress-http-port",
    env: "MINIK8S_INGRESS_HTTP_PORT",
    value: "PORT",
    default: "80",
    check: port,
    help: "port of the node for Ingresses over HTTP; left alone when it is taken, 0 for none",
  },
  ingressHttpsPort: {
    flag: "ingress-https-port",
    env: "MINIK8S_INGRESS_HTTPS_PORT",
    value: "PORT",
    default: "443",
    check: port,
    help: "port of the node for Ingresses over HTTPS; left alone when it is taken, 0 for none",
  },
  hostsFile: {
    flag: "hosts-file",
    env: "MINIK8S_HOSTS_FILE",
    value: "FILE",
    default: "/etc/hosts",
    check: path,
    help: "where dns install writes the names of Dns objects",
  },
  runtime: {
    flag: "runtime",
    env: "MINIK8S_RUNTIME",
    value: "URL",
    default: "cri:",
    check: text,
    help: "what runs containers: cri: (a containerd of our own), cri:///run/….sock, simulated:",
  },
  proxyMode: {
    flag: "proxy-mode",
    env: "MINIK8S_PROXY_MODE",
    value: "MODE",
    default: "nftables",
    check: oneOf("nftables", "iptables", "none"),
    help: "what routes Services: nftables, iptables (one cluster a machine), or none",
  },
  checkpoint: {
    flag: "checkpoint",
    env: "MINIK8S_CHECKPOINT",
    value: "URL",
    default: "file:",
    check: text,
    help: "where the node keeps its own memory: file: (in the data folder) or redis://HOST:6379",
  },
  kubeconfig: {
    flag: "kubeconfig",
    env: "KUBECONFIG",
    value: "FILE",
    default: "",
    check: optional,
    help: "how to reach a cluster (default: the admin kubeconfig in the data folder)",
  },
  logLevel: {
    flag: "log-level",
    env: "MINIK8S_LOG_LEVEL",
    value: "LEVEL",
    default: "info",
    check: oneOf("trace", "debug", "info", "warn", "error"),
    help: "least important message that is logged",
  },
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof settingsTable;
export type Settings = { readonly [K in SettingName]: ReturnType<(typeof settingsTable)[K]["check"]> };

/** Flags win over the environment, the environment over defaults. Throws SettingError. */
export function readSettings(
  flags: Partial<Record<SettingName, string>> = {},
  environment: NodeJS.ProcessEnv = process.env,
): Settings {
  const entries = Object.entries(settingsTable).map(([name, setting]) => {
    const given = flags[name as SettingName] ?? environment[setting.env] ?? setting.default;
    return [name, (setting.check as (text: string, flag: string) => unknown)(given, setting.flag)];
  });
  return Object.fromEntries(entries) as Settings;
}

/** The flags that make a child process see the same settings. */
export function toFlags(settings: Settings, names: readonly SettingName[]): string[] {
  return names.flatMap((name) => {
    const value = settings[name];
    return value === undefined || value === "" ? [] : [`--${settingsTable[name].flag}=${value}`];
  });
}

/** The environment that programs we start may see. */
export function environment(): NodeJS.ProcessEnv {
  return process.env;
}

/** What a server and an agent need to be told; `up` passes it on to them. */
export const serverSettings = [
  "dataDir",
  "port",
  "bindAddress",
  "advertiseAddress",
  "storage",
  "etcdServers",
  "clusterCidr",
  "serviceCidr",
  "clusterDns",
  "clusterDomain",
  "schedulerStrategy",
  "nodeName",
  "tokenAuthFile",
  "clientCaFile",
  "logLevel",
] as const satisfies readonly SettingName[];

export const agentSettings = [
  "dataDir",
  "nodeName",
  "nodeIp",
  "clusterDns",
  "clusterDomain",
  "kubeletPort",
  "ingressHttpPort",
  "ingressHttpsPort",
  "hostsFile",
  "runtime",
  "proxyMode",
  "checkpoint",
  "logLevel",
] as const satisfies readonly SettingName[];
