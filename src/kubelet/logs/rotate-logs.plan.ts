/** What must happen to the old files of a log before it is rotated. Names are those in the log's folder. */
export interface RotationPlan {
  readonly remove: readonly string[];
  readonly compress: readonly string[];
  /** The name that the present file gets. */
  readonly rotated: string;
}

/**
 * `0.log` becomes `0.log.20260102-030405`; the one before it is compressed then, not earlier, since someone may still
 * be reading it. With the new one there are never more than `maxFiles`, the present file counted.
 */
export function planRotation(log: string, names: readonly string[], now: Date, maxFiles: number): RotationPlan {
  const own = names.filter((name) => name.startsWith(`${log}.`)).toSorted();
  const unfinished = own.filter((name) => name.endsWith(".tmp"));
  const old = own.filter((name) => !name.endsWith(".tmp"));
  const keep = old.slice(Math.max(0, old.length - Math.max(0, maxFiles - 2)));
  const stamp = now
    .toISOString()
    .replace(/[-:]|\..*$/g, "")
    .replace("T", "-");
  return {
    remove: [...unfinished, ...old.filter((name) => !keep.includes(name))],
    compress: keep.filter((name) => !name.endsWith(".gz")),
    rotated: `${log}.${stamp}`,
  };
}
