/**
 * What a page remembers in this browser: for all its tabs, or for this tab alone. A browser may forbid storage altogether
 * (a frame on another site, a private window, blocked site data); then it is remembered for as long as the page is open,
 * and nobody sees an error.
 */

/** What could not be stored. It is newer than whatever stands under the same key in the storage. */
const memory = new Map<string, string>();
let onFallback: ((everything: Record<string, string>) => void) | undefined;

const all = (): Storage | undefined => open(() => localStorage);
const thisTab = (): Storage | undefined => open(() => sessionStorage);

/** Where it is blocked, to look at it is an error already; some browsers have `null` there. */
function open(storage: () => Storage | null): Storage | undefined {
  try {
    return storage() ?? undefined;
  } catch {
    return undefined;
  }
}

/** For a page in a frame: whatever could not be stored here is handed out, to be kept by the page around it. */
export function keepElsewhere(keep: (everything: Record<string, string>) => void, kept: Record<string, string>): void {
  if (all()) return;
  for (const [key, value] of Object.entries(kept)) memory.set(key, value);
  onFallback = keep;
}

export const recall = <T>(key: string): T | undefined => read<T>(all(), key);
export const remember = (key: string, value: unknown): void => write(all(), key, value);
export const forget = (key: string): void => erase(all(), key);

/** The same for this tab alone; a reload keeps it. */
export const recallHere = <T>(key: string): T | undefined => read<T>(thisTab(), key);
export const rememberHere = (key: string, value: unknown): void => write(thisTab(), key, value);
export const forgetHere = (key: string): void => erase(thisTab(), key);

/** The keys that start with `prefix`. */
export function remembered(prefix: string): string[] {
  const keys = new Set(memory.keys());
  try {
    const storage = all();
    for (let index = 0; storage && index < storage.length; index++) keys.add(storage.key(index) ?? "");
  } catch {
    // What is in memory is all there is.
  }
  return [...keys].filter((key) => key.startsWith(prefix));
}

/** Calls `changed` when another tab changes something whose key starts with `prefix`. Returns a function that stops it. */
export function onElsewhere(prefix: string, changed: () => void): () => void {
  const heard = ({ key }: StorageEvent) => {
    if (key?.startsWith(prefix)) changed();
  };
  addEventListener("storage", heard);
  return () => removeEventListener("storage", heard);
}

function read<T>(storage: Storage | undefined, key: string): T | undefined {
  try {
    const text = memory.get(key) ?? storage?.getItem(key);
    return text ? (JSON.parse(text) as T) : undefined;
  } catch {
    return undefined;
  }
}

function write(storage: Storage | undefined, key: string, value: unknown): void {
  const text = JSON.stringify(value);
  try {
    if (storage) {
      storage.setItem(key, text);
      memory.delete(key);
      return;
    }
  } catch {
    // Full or forbidden: below.
  }
  memory.set(key, text);
  onFallback?.(Object.fromEntries(memory));
}

function erase(storage: Storage | undefined, key: string): void {
  const wasInMemory = memory.delete(key);
  try {
    storage?.removeItem(key);
  } catch {
    // Nothing to forget then.
  }
  if (wasInMemory) onFallback?.(Object.fromEntries(memory));
}
