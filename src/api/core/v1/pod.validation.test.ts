import assert from "node:assert/strict";
import { test } from "node:test";
import type { Draft } from "#api/meta/object-meta.ts";
import { complaints, created, updated } from "#api/test-objects.ts";
import type { Container } from "./container.ts";
import { type Pod, type PodSpec, Pods } from "./pod.ts";

const pod = (spec: Draft<PodSpec>, metadata: Draft<Pod["metadata"]> = {}): Draft<Pod> => ({
  metadata: { name: "web", namespace: "default", ...metadata },
  spec: { containers: [{ name: "c", image: "nginx" }], ...spec },
});
const one = (container: Draft<Container>, spec: Draft<PodSpec> = {}) =>
  pod({ containers: [{ name: "c", image: "nginx", ...container }], ...spec });

const good: Record<string, Draft<Pod>> = {
  "the least": pod({}),
  "all kinds of volumes": one(
    { volumeMounts: ["a", "b", "c", "d", "e", "f"].map((name) => ({ name, mountPath: `/${name}` })) },
    {
      volumes: [
        { name: "a" },
        { name: "b", hostPath: { path: "/var/log" } },
        { name: "c", configMap: { name: "x", items: [{ key: "k", path: "d/k" }] } },
        { name: "d", secret: { secretName: "x", defaultMode: 0o400 } },
        { name: "e", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
        { name: "f", downwardAPI: { items: [{ path: "l", fieldRef: { fieldPath: "metadata.labels['a/b']" } }] } },
      ],
    },
  ),
  "an environment": one({
    env: [
      { name: "A", value: "1" },
      { name: "strange name!", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "C", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
      { name: "D", valueFrom: { configMapKeyRef: { name: "x", key: "k" } } },
    ],
    envFrom: [{ prefix: "P_", secretRef: { name: "s" } }],
  }),
  amounts: one({
    resources: { requests: { cpu: "0.1", "nvidia.com/gpu": "1" }, limits: { cpu: "1", "nvidia.com/gpu": 1 as never } },
  }),
  tolerations: pod({
    tolerations: [{ operator: "Exists" }, { key: "a", value: "b", effect: "NoExecute", tolerationSeconds: 3 }],
  }),
  "a sidecar with a probe": pod({
    initContainers: [{ name: "s", image: "i", restartPolicy: "Always", startupProbe: { exec: { command: ["true"] } } }],
  }),
  "the host's network": one({ ports: [{ containerPort: 80 }] }, { hostNetwork: true }),
};

for (const [name, draft] of Object.entries(good)) {
  test(`a pod with ${name} is accepted`, () => {
    assert.deepEqual(complaints(Pods, created(Pods, draft)), []);
  });
}

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const c0 = "spec.containers[0]";

const bad: [what: string, draft: Draft<Pod>, ...causes: string[]][] = [
  ["no containers", pod({ containers: [] }), "Required spec.containers: Required value"],
  ["no image", one({ image: "" }), `Required ${c0}.image: Required value`],
  [
    "spaces around the image",
    one({ image: " nginx" }),
    `Invalid ${c0}.image: Invalid value: " nginx": must not have leading or trailing whitespace`,
  ],
  ["no name of a container", one({ name: "" }), `Required ${c0}.name: Required value`],
  ["a bad name of a container", one({ name: "A_b" }), `Invalid ${c0}.name: Invalid value: "A_b": ${label}`],
  [
    "two containers of one name",
    pod({
      containers: [
        { name: "c", image: "a" },
        { name: "c", image: "b" },
      ],
    }),
    'Duplicate spec.containers[1].name: Duplicate value: "c"',
  ],
  [
    "an init container named as a container",
    pod({ initContainers: [{ name: "c", image: "a" }] }),
    'Duplicate spec.initContainers[0].name: Duplicate value: "c"',
  ],
  [
    "an init container with a probe",
    pod({ initContainers: [{ name: "i", image: "a", readinessProbe: { tcpSocket: { port: 1 } } }] }),
    "Forbidden spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
  ],
  [
    "a bad restart policy",
    pod({ restartPolicy: "Sometimes" as never }),
    'NotSupported spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
  ],
  [
    "a bad pull policy",
    one({ imagePullPolicy: "Maybe" as never }),
    `NotSupported ${c0}.imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"`,
  ],
  [
    "a bad DNS policy",
    pod({ dnsPolicy: "Host" as never }),
    'NotSupported spec.dnsPolicy: Unsupported value: "Host": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
  ],
  [
    "DNS policy None alone",
    pod({ dnsPolicy: "None" }),
    "Required spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
  ],
  [
    "a bad nameserver",
    pod({ dnsConfig: { nameservers: ["ns1"] } }),
    'Invalid spec.dnsConfig.nameservers[0]: Invalid value: "ns1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  ["port 0", one({ ports: [{ containerPort: 0 }] }), `Required ${c0}.ports[0].containerPort: Required value`],
  [
    "a port too high",
    one({ ports: [{ containerPort: 70000 }] }),
    `Invalid ${c0}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
  ],
  [
    "a bad protocol",
    one({ ports: [{ containerPort: 1, protocol: "ICMP" as never }] }),
    `NotSupported ${c0}.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"`,
  ],
  [
    "a port's name too long",
    one({ ports: [{ containerPort: 1, name: "a-very-long-port-name" }] }),
    `Invalid ${c0}.ports[0].name: Invalid value: "a-very-long-port-name": must be no more than 15 bytes`,
  ],
  [
    "two ports of one name",
    one({
      ports: [
        { containerPort: 1, name: "a" },
        { containerPort: 2, name: "a" },
      ],
    }),
    `Duplicate ${c0}.ports[1].name: Duplicate value: "a"`,
  ],
  [
    "one host port twice",
    one({
      ports: [
        { containerPort: 1, hostPort: 8 },
        { containerPort: 2, hostPort: 8 },
      ],
    }),
    `Duplicate ${c0}.ports[1].hostPort: Duplicate value: "TCP//8"`,
  ],
  [
    "another host port in the host's network",
    one({ ports: [{ containerPort: 1, hostPort: 2 }] }, { hostNetwork: true }),
    `Invalid ${c0}.ports[0].containerPort: Invalid value: 1: must match \`hostPort\` when \`hostNetwork\` is true`,
  ],
  ["no name of a variable", one({ env: [{ value: "x" }] }), `Required ${c0}.env[0].name: Required value`],
  [
    "a bad name of a variable",
    one({ env: [{ name: "a=b" }] }),
    `Invalid ${c0}.env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
  ],
  [
    "a value and a source",
    one({ env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] }),
    `Invalid ${c0}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`,
  ],
  [
    "an empty source",
    one({ env: [{ name: "A", valueFrom: {} }] }),
    `Invalid ${c0}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\` or \`secretKeyRef\``,
  ],
  [
    "an unknown field",
    one({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.foo" } } }] }),
    `Invalid ${c0}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo`,
  ],
  [
    "a field that no variable can have",
    one({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "status.phase" } } }] }),
    `NotSupported ${c0}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
  ],
  [
    "no key of a secret",
    one({ env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s" } } }] }),
    `Required ${c0}.env[0].valueFrom.secretKeyRef.key: Required value`,
  ],
  [
    "no name of a config map",
    one({ envFrom: [{ configMapRef: {} }] }),
    `Required ${c0}.envFrom[0].configMapRef.name: Required value`,
  ],
  [
    "an empty envFrom",
    one({ envFrom: [{}] }),
    `Invalid ${c0}.envFrom[0]: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``,
  ],
  [
    "a mount of no volume",
    one({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
    `NotFound ${c0}.volumeMounts[0].name: Not found: "v"`,
  ],
  [
    "one folder mounted twice",
    one(
      {
        volumeMounts: [
          { name: "v", mountPath: "/v" },
          { name: "v", mountPath: "/v" },
        ],
      },
      { volumes: [{ name: "v" }] },
    ),
    `Invalid ${c0}.volumeMounts[1].mountPath: Invalid value: "/v": must be unique`,
  ],
  [
    "no mount path",
    one({ volumeMounts: [{ name: "v" }] }, { volumes: [{ name: "v" }] }),
    `Required ${c0}.volumeMounts[0].mountPath: Required value`,
  ],
  [
    "a subPath that climbs",
    one({ volumeMounts: [{ name: "v", mountPath: "/v", subPath: "../x" }] }, { volumes: [{ name: "v" }] }),
    `Invalid ${c0}.volumeMounts[0].subPath: Invalid value: "../x": must not contain '..'`,
  ],
  [
    "two volumes of one name",
    pod({ volumes: [{ name: "v" }, { name: "v" }] }),
    'Duplicate spec.volumes[1].name: Duplicate value: "v"',
  ],
  [
    "a volume of two sources",
    pod({ volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }] }),
    "Forbidden spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
  ],
  [
    "a host path that climbs",
    pod({ volumes: [{ name: "v", hostPath: { path: "/a/../b" } }] }),
    "Invalid spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
  ],
  [
    "a secret volume without a secret",
    pod({ volumes: [{ name: "v", secret: {} }] }),
    "Required spec.volumes[0].secret.secretName: Required value",
  ],
  [
    "a bad mode",
    pod({ volumes: [{ name: "v", configMap: { name: "x", defaultMode: 1000 } }] }),
    "Invalid spec.volumes[0].configMap.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive",
  ],
  [
    "an absolute path in a volume",
    pod({ volumes: [{ name: "v", configMap: { name: "x", items: [{ key: "k", path: "/k" }] } }] }),
    'Invalid spec.volumes[0].configMap.items[0].path: Invalid value: "/k": must be a relative path',
  ],
  [
    "a token for too short a time",
    pod({
      volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 1 } }] } }],
    }),
    "Invalid spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
  ],
  [
    "a request over its limit",
    one({ resources: { requests: { cpu: "2" }, limits: { cpu: "1500m" } } }),
    `Invalid ${c0}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1500m`,
  ],
  [
    "a device requested without limit",
    one({ resources: { requests: { "nvidia.com/gpu": "1" } } }),
    `Required ${c0}.resources.limits: Required value: Limit must be set for non overcommitable resources`,
  ],
  [
    "a negative amount",
    one({ resources: { limits: { memory: "-1" } } }),
    `Invalid ${c0}.resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0`,
    `Invalid ${c0}.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`,
  ],
  [
    "an unknown resource",
    one({ resources: { requests: { disk: "1" } } }),
    `Invalid ${c0}.resources.requests[disk]: Invalid value: "disk": must be a standard resource type or fully qualified`,
    `Invalid ${c0}.resources.requests[disk]: Invalid value: "disk": must be a standard resource for containers`,
  ],
  [
    "a probe that does nothing",
    one({ livenessProbe: {} }),
    `Required ${c0}.livenessProbe: Required value: must specify a handler type`,
  ],
  [
    "a probe that does two things",
    one({ livenessProbe: { exec: { command: ["a"] }, tcpSocket: { port: 1 } } }),
    `Forbidden ${c0}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`,
  ],
  [
    "a liveness that must succeed twice",
    one({ livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }),
    `Invalid ${c0}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
  ],
  [
    "a negative delay",
    one({ readinessProbe: { tcpSocket: { port: 1 }, initialDelaySeconds: -1 } }),
    `Invalid ${c0}.readinessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0`,
  ],
  [
    "a probe of port 0",
    one({ readinessProbe: { httpGet: { port: 0 } } }),
    `Invalid ${c0}.readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
  ],
  [
    "a hook that does nothing",
    one({ lifecycle: { preStop: {} } }),
    `Required ${c0}.lifecycle.preStop: Required value: must specify a handler type`,
  ],
  [
    "a user below zero",
    pod({ securityContext: { runAsUser: -1 } }),
    "Invalid spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
  ],
  [
    "privileged without escalation",
    one({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    `Invalid ${c0}.securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
  ],
  [
    "a local profile that is not named",
    pod({ securityContext: { seccompProfile: { type: "Localhost" } } }),
    "Required spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
  ],
  [
    "a toleration of everything by value",
    pod({ tolerations: [{ operator: "Equal", value: "x" }] }),
    'Invalid spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
  ],
  [
    "a value where existence counts",
    pod({ tolerations: [{ key: "a", operator: "Exists", value: "x" }] }),
    'Invalid spec.tolerations[0].operator: Invalid value: {"key":"a","operator":"Exists","value":"x"}: value must be empty when `operator` is \'Exists\'',
  ],
  [
    "seconds without effect",
    pod({ tolerations: [{ key: "a", tolerationSeconds: 1 }] }),
    "Invalid spec.tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` is set",
  ],
  [
    "an unknown effect",
    pod({ tolerations: [{ key: "a", effect: "Never" as never }] }),
    'NotSupported spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"',
  ],
  [
    "no term of a node affinity",
    pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }),
    "Required spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
  ],
  [
    "In without values",
    pod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "In" }] }],
          },
        },
      },
    }),
    "Required spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    "a weight of nothing",
    pod({
      affinity: {
        podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm: { topologyKey: "a" } }] },
      },
    }),
    "Invalid spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100",
  ],
  [
    "no topology key",
    pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } } }),
    "Required spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty",
  ],
  [
    "one spread twice",
    pod({
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" },
        { maxSkew: 2, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" },
      ],
    }),
    'Duplicate spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
  ],
  [
    "a skew of nothing",
    pod({ topologySpreadConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }] }),
    "Invalid spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
  ],
  [
    "a deadline in the past",
    pod({ activeDeadlineSeconds: 0 }),
    "Invalid spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
  ],
  [
    "a host name with a dot",
    pod({ hostname: "a.b" }),
    'Invalid spec.hostname: Invalid value: "a.b": must not contain dots',
  ],
  [
    "processes shared with pod and host",
    pod({ shareProcessNamespace: true, hostPID: true }),
    "Invalid spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled",
  ],
  [
    "ephemeral containers from the start",
    pod({ ephemeralContainers: [{ name: "e", image: "i" }] }),
    "Forbidden spec.ephemeralContainers: Forbidden: cannot be set on create",
  ],
  [
    "a node before its gates are gone",
    pod({ nodeName: "n", schedulingGates: [{ name: "a/b" }] }),
    "Forbidden spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
  ],
  [
    "a bad label of nodes",
    pod({ nodeSelector: { a: "b c" } }),
    "Invalid spec.nodeSelector: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ],
];

for (const [what, draft, ...causes] of bad) {
  test(`a pod with ${what} is refused`, () => {
    assert.deepEqual(complaints(Pods, created(Pods, draft)), causes);
  });
}

const fields =
  "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

const change = (before: Draft<Pod>, after: Draft<Pod>) => {
  const old = created(Pods, before);
  return complaints(Pods, updated(Pods, after, old), old);
};

test("the image, a shorter deadline and more tolerations of a pod may change", () => {
  const before = pod({ activeDeadlineSeconds: 10, tolerations: [{ key: "a", operator: "Exists" }] });
  const after = one(
    { image: "nginx:latest" },
    { activeDeadlineSeconds: 5, tolerations: [{ operator: "Exists" }, { key: "a", operator: "Exists" }] },
  );
  assert.deepEqual(change(before, after), []);
});

const badChanges: [what: string, before: Draft<Pod>, after: Draft<Pod>, ...causes: string[]][] = [
  [
    "its command",
    pod({}),
    one({ command: ["sh"] }),
    `Forbidden spec: Forbidden: pod updates may not change fields other than ${fields}\n+ \tspec.containers[0].command: ["sh"]`,
  ],
  [
    "its node",
    pod({ nodeName: "a" }),
    pod({ nodeName: "b" }),
    `Forbidden spec: Forbidden: pod updates may not change fields other than ${fields}\n- \tspec.nodeName: "a"\n+ \tspec.nodeName: "b"`,
  ],
  [
    "the number of its containers",
    pod({}),
    pod({
      containers: [
        { name: "c", image: "nginx" },
        { name: "d", image: "x" },
      ],
    }),
    "Forbidden spec.containers: Forbidden: pod updates may not add or remove containers",
  ],
  [
    "its deadline to later",
    pod({ activeDeadlineSeconds: 1 }),
    pod({ activeDeadlineSeconds: 2 }),
    "Invalid spec.activeDeadlineSeconds: Invalid value: 2: must be less than or equal to previous value",
  ],
  [
    "its tolerations to fewer",
    pod({ tolerations: [{ key: "a", operator: "Exists" }] }),
    pod({}),
    "Forbidden spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
  ],
];

for (const [what, before, after, ...causes] of badChanges) {
  test(`a pod may not change ${what}`, () => {
    assert.deepEqual(change(before, after), causes);
  });
}
