import { type Node, resolve, type StructNode } from "#schema/nodes.ts";
export function schemas(roots: readonly StructNode[], prefix: string, v3: boolean): Record<string, any> {
  const out: Record<string, any> = {};
  const ref = (s: StructNode): any => {
    visit(s);
    return { $ref: prefix + s.name };
  };
  const visit = (s: StructNode) => {
    if (out[s.name]) return;
    const me: any = (out[s.name] = { description: s.description ?? s.name, type: "object" });
    const req = Object.entries(s.fields)
      .filter(([, f]) => f.required)
      .map(([n]) => n);
    if (req.length) me.required = req;
    me.properties = Object.fromEntries(
      Object.entries(s.fields).map(([n, f]) => {
        const base = of(f.node);
        const d = {
          ...(f.description && { description: f.description }),
          ...(f.default !== undefined && { default: f.default }),
          ...(f.patch && { "x-kubernetes-patch-strategy": f.patch }),
          ...(f.mergeKey && { "x-kubernetes-patch-merge-key": f.mergeKey }),
        };
        return [n, base.$ref ? (v3 ? { allOf: [base], ...d } : { ...base, ...d }) : { ...base, ...d }];
      }),
    );
  };
  const of = (n: Node): any => {
    const k = resolve(n);
    switch (k.kind) {
      case "struct":
        return ref(k);
      case "list":
        return {
          type: "array",
          items: of(k.item),
          "x-kubernetes-list-type": k.listType,
          ...(k.keys.length && { "x-kubernetes-list-map-keys": k.keys }),
        };
      case "map":
        return { type: "object", additionalProperties: of(k.value) };
      case "integer":
        return { type: "integer", format: k.bits === 32 ? "int32" : "int64" };
      case "number":
        return { type: "number", format: "double" };
      case "boolean":
        return { type: "boolean" };
      case "bytes":
        return { type: "string", format: "byte" };
      case "time":
        return { type: "string", format: "date-time" };
      case "intOrString":
        return { type: v3 ? undefined : "string", format: "int-or-string" };
      case "any":
        return { type: "object" };
      default:
        return { type: "string" };
    }
  };
  for (const r of roots) visit(r);
  return out;
}
