/**
 * Calls `one` `count` times in batches of 1, 2, 4, 8…: when the first fails, as it does for all alike when a quota or an
 * admission rule forbids it, few calls were made in vain. Resolves with how many succeeded and the first error.
 */
export async function inGrowingBatches(
  count: number,
  one: () => Promise<void>,
): Promise<{ readonly done: number; readonly error?: unknown }> {
  let done = 0;
  for (let size = 1; done < count; size *= 2) {
    const results = await Promise.allSettled(Array.from({ length: Math.min(size, count - done) }, one));
    const failed = results.find((result) => result.status === "rejected");
    done += results.filter((result) => result.status === "fulfilled").length;
    if (failed) return { done, error: failed.reason };
  }
  return { done };
}
