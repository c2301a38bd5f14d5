import type { Pod } from "#api/core/v1/pod.ts";
import type { Draft } from "#api/meta/object-meta.ts";

/** A pod of about 5 KB, as a cluster with a few side containers has them. */
export function largePod(name: string): Draft<Pod> {
  const container = (n: number) => ({
    name: `c${n}`,
    image: `registry.local/some/longer/path/to/an/image-${n}:1.2.3`,
    ports: [{ name: "http", containerPort: 8000 + n }],
    env: Array.from({ length: 12 }, (_, i) => ({ name: `SETTING_${i}`, value: `some value of setting ${i}` })),
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    readinessProbe: { httpGet: { path: "/ready", port: 8000 + n } },
    volumeMounts: [{ name: "config", mountPath: "/etc/config" }],
  });
  return {
    metadata: {
      namespace: "default",
      name,
      labels: { app: "bench", tier: "web" },
      annotations: { "example.com/note": "x".repeat(200) },
    },
    spec: { containers: [1, 2, 3].map(container), volumes: [{ name: "config", configMap: { name: "config" } }] },
  };
}
