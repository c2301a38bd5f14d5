import { AsyncLocalStorage } from "node:async_hooks";

const current = new AsyncLocalStorage<() => void>();

/**
 * Runs `work` under a condition that may end while it runs. `check` throws once it has ended; whoever does something
 * lasting asks `checkPermission` as late as he can, after all waiting, however deep inside `work` he is.
 */
export const withPermission = <T>(check: () => void, work: () => T): T => current.run(check, work);

/** Throws when this runs under a condition that has ended. */
export const checkPermission = (): void => current.getStore()?.();
