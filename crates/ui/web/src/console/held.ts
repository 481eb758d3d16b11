/** One of a live list: `gone` if it is only still shown. */
export interface Held<T> {
  item: T;
  gone: boolean;
}

/**
 * A live list that does not move under a pointer: what was there when the pointer came keeps its place, even if it is
 * gone by now, and what is new comes at the end. Without `frozen` it is the list itself. `known` finds what is there at
 * all: what only no longer fits a filter is not gone, and goes on being shown as it is now.
 */
export function held<T>(items: readonly T[], frozen: readonly T[] | undefined, key: (item: T) => string, known: (key: string) => T | undefined = () => undefined): Held<T>[] {
  const fresh = (item: T): Held<T> => ({ item, gone: false });
  if (!frozen) return items.map(fresh);
  const byKey = new Map(items.map((item) => [key(item), item]));
  const keys = new Set(frozen.map(key));
  const kept = frozen.map((item) => {
    const now = byKey.get(key(item)) ?? known(key(item));
    return { item: now ?? item, gone: now === undefined };
  });
  return [...kept, ...items.filter((item) => !keys.has(key(item))).map(fresh)];
}
