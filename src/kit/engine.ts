/** Replaceable parts are named by a URL whose scheme picks the engine; each is imported only when it is chosen. */
export type EngineTable<E> = Readonly<Record<string, () => Promise<E>>>;

/** Loads the engine that `url` names, or says which ones there are. */
export async function engineFor<E>(what: string, url: string, engines: EngineTable<E>): Promise<E> {
  const scheme = url.slice(0, url.indexOf(":") + 1);
  const load = engines[scheme];
  if (!load) {
    throw new Error(`${what} "${url}" is not known: it must start with one of ${Object.keys(engines).join(", ")}`);
  }
  return load();
}
