import type { PartialMetadata } from "../objects.ts";

/** meta.k8s.io/v1 Table, as the server sends it. */
export interface Table {
  readonly columnDefinitions?: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows?: readonly {
    readonly cells: readonly unknown[];
    readonly object?: { readonly metadata?: PartialMetadata };
  }[];
}

export interface TableOptions {
  readonly wide: boolean;
  readonly withNamespace: boolean;
  readonly showLabels: boolean;
  readonly headers: boolean;
  /** Put before each name, as `pod/`, when several kinds are shown. */
  readonly namePrefix?: string;
}

const gap = "   ";

/** Rows in columns as wide as their widest cell. */
export function formatColumns(rows: readonly (readonly string[])[], widths: number[] = []): string[] {
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join(gap)
      .trimEnd(),
  );
}

/** The cells that are shown, the header first. */
export function tableCells(
  table: Table,
  columns: NonNullable<Table["columnDefinitions"]>,
  options: TableOptions,
): string[][] {
  const shown = columns.map((column, i) => ({ column, i })).filter(({ column }) => options.wide || !column.priority);
  const extra = options.showLabels ? ["LABELS"] : [];
  const head = [
    ...(options.withNamespace ? ["NAMESPACE"] : []),
    ...shown.map(({ column }) => column.name.toUpperCase()),
    ...extra,
  ];
  const body = (table.rows ?? []).map(({ cells, object }) => [
    ...(options.withNamespace ? [object?.metadata?.namespace ?? ""] : []),
    ...shown.map(({ column, i }) =>
      options.namePrefix && column.name === "Name" ? `${options.namePrefix}${cells[i]}` : cellText(cells[i]),
    ),
    ...(options.showLabels ? [labelsText(object?.metadata?.labels)] : []),
  ]);
  return options.headers ? [head, ...body] : body;
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "<none>";
  return String(cell).replaceAll("\n", "\\n");
}

function labelsText(labels: Readonly<Record<string, string>> = {}): string {
  return (
    Object.entries(labels)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`)
      .join(",") || "<none>"
  );
}
