/**
 * Unsent messages in this browser's storage, each under a key of its own: two tabs that write to one chat never overwrite
 * each other's, and a page that loads later finds what any of them could not send.
 */
import type { OutboxStore, Outgoing } from "../client/outbox";
import { forget, onElsewhere, recall, remember, remembered } from "./storage";

/** `order` rises with every message, for several pieces of one text are written in the same millisecond. */
type Stored = Outgoing & { order: number };

function isStored(value: unknown): value is Stored {
  const { clientId, content, at, order } = (value ?? {}) as Partial<Stored>;
  return typeof clientId === "string" && typeof content === "string" && typeof at === "number" && typeof order === "number";
}

function storedAt(prefix: string): Stored[] {
  const all = remembered(prefix).map((key) => recall<unknown>(key));
  return all.filter(isStored).sort((a, b) => a.order - b.order);
}

/** The messages of one chat, whose keys begin with `prefix`. */
export function outboxStore(prefix: string): OutboxStore {
  const mine = new Map<string, Stored>();
  return {
    load: () =>
      storedAt(prefix).map((stored) => {
        mine.set(stored.clientId, stored);
        const { order: _order, ...message } = stored;
        return message;
      }),
    save(messages) {
      const ids = new Set(messages.map((message) => message.clientId));
      for (const clientId of [...mine.keys()].filter((each) => !ids.has(each))) {
        mine.delete(clientId);
        forget(prefix + clientId);
      }
      for (const message of messages) {
        const known = mine.get(message.clientId);
        if (known && known.refused === message.refused) continue;
        const last = Math.max(0, ...[...mine.values()].map((each) => each.order));
        const stored = { ...message, order: known?.order ?? Math.max(message.at, last + 1) };
        mine.set(message.clientId, stored);
        remember(prefix + message.clientId, stored);
      }
    },
    watch: (changed) => onElsewhere(prefix, changed),
  };
}

/** Forgets them all, and says what was in them. */
export function emptyOutbox(prefix: string): string[] {
  const words = storedAt(prefix).map(({ content }) => content);
  for (const key of remembered(prefix)) forget(key);
  return words;
}
