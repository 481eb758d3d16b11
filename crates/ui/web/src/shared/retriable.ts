/**
 * Importing a part of a page that may have failed before. A browser remembers a failed import for as long as the
 * page lives and answers from memory, so it is asked for under another name then; and nothing is imported while the
 * server cannot be reached at all, for that would only make the browser remember more failures.
 */

type Load<T> = () => Promise<T>;

export function retriable<T>(load: Load<T>): Load<T> {
  let failed: { address: string | undefined; times: number } | undefined;
  let loaded: T | undefined;
  return async () => {
    if (loaded !== undefined) return loaded;
    await reach();
    try {
      loaded = await (failed ? again(load, failed) : load());
      return loaded;
    } catch (error) {
      failed = { address: addressIn(error) ?? failed?.address, times: (failed?.times ?? 0) + 1 };
      throw error;
    }
  };
}

/** Each of a set of imports. */
export function eachRetriable<T>(loaders: Record<string, Load<T>>): Record<string, Load<T>> {
  return Object.fromEntries(Object.entries(loaders).map(([name, load]) => [name, retriable(load)]));
}

/** @throws if the server cannot be reached. */
export async function reach(): Promise<void> {
  const response = await fetch("/config.json", { method: "HEAD", cache: "no-store" });
  if (response.status >= 500) throw new Error(String(response.status));
}

/** Which file could not be had, as the browsers that say so say it. */
export function addressIn(error: unknown): string | undefined {
  return /(?:https?:\/)?\/[^\s"']+?\.(?:js|css)\b/.exec(String(error))?.[0];
}

/** A style that could not be had is not remembered (scripts/preload.ts). */
async function again<T>(load: Load<T>, { address, times }: { address: string | undefined; times: number }): Promise<T> {
  return address?.endsWith(".js") ? ((await import(/* @vite-ignore */ `${address}?again=${times}`)) as T) : load();
}
