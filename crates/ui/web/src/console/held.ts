/** One of a live list: `gone` if it is only still shown. */
export interface Held<T> {
  item: T;
  gone: boolean;
}

/**
 * A live list that does not move under a pointer: what was there when the pointer came keeps its place, even if it is
 * gone by now, and what is new comes at the end. Without `frozen` it is the list itself.
 */
export function held<T>(items: readonly T[], frozen: readonly T[] | undefined, key: (item: T) => string): Held<T>[] {
  const fresh = (item: T): Held<T> => ({ item, gone: false });
  if (!frozen) return items.map(fresh);
  const byKey = new Map(items.map((item) => [key(item), item]));
  const known = new Set(frozen.map(key));
  const kept = frozen.map((item) => ({ item: byKey.get(key(item)) ?? item, gone: !byKey.has(key(item)) }));
  return [...kept, ...items.filter((item) => !known.has(key(item))).map(fresh)];
}
