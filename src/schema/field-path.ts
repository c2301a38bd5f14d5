/** Field paths as Kubernetes writes them: `spec.containers[0].env[1].name`, `metadata.labels[app]`. The root is empty. */
export const child = (path: string, name: string): string => (path ? `${path}.${name}` : name);

/** An item of a list by its index, or a value of a map by its key. */
export const at = (path: string, key: number | string): string => `${path}[${key}]`;
