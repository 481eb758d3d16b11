/**
 * What a page remembers in this browser. A browser may forbid storage altogether (a frame on another site, a private
 * window); then it is remembered for as long as the page is open, and nobody sees an error.
 */

const memory = new Map<string, string>();
let onFallback: ((everything: Record<string, string>) => void) | undefined;

function local(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** For a page in a frame: whatever could not be stored here is handed out, to be kept by the page around it. */
export function keepElsewhere(keep: (everything: Record<string, string>) => void, kept: Record<string, string>): void {
  if (local()) return;
  for (const [key, value] of Object.entries(kept)) memory.set(key, value);
  onFallback = keep;
}

export function recall<T>(key: string): T | undefined {
  try {
    const text = local()?.getItem(key) ?? memory.get(key);
    return text ? (JSON.parse(text) as T) : undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: unknown): void {
  const text = JSON.stringify(value);
  try {
    const storage = local();
    if (storage) return storage.setItem(key, text);
  } catch {
    // Full or forbidden: below.
  }
  memory.set(key, text);
  onFallback?.(Object.fromEntries(memory));
}

export function forget(key: string): void {
  memory.delete(key);
  try {
    local()?.removeItem(key);
  } catch {
    // Nothing to forget then.
  }
  onFallback?.(Object.fromEntries(memory));
}

/** The keys that start with `prefix`. */
export function remembered(prefix: string): string[] {
  try {
    const storage = local();
    const keys = storage ? Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "") : [];
    return [...new Set([...keys, ...memory.keys()])].filter((key) => key.startsWith(prefix));
  } catch {
    return [...memory.keys()].filter((key) => key.startsWith(prefix));
  }
}
