/**
 * What this side has written and the server has not yet confirmed. One message is on its way at a time, so the order in
 * which a person wrote is the order in which everybody reads, and a refusal always means the one on its way.
 *
 * Promise: a message leaves the outbox only when it was echoed, or when the person throws it away. Its `clientId` never
 * changes, so sending it again is harmless.
 */

import { byteLength, graphemes, wellFormed } from "./text";

export interface Outgoing {
  clientId: string;
  content: string;
  /** When it was written, in milliseconds of the wall clock. */
  at: number;
  /** The server's code, if it refused this very message. It stays, so that the text is not lost. */
  refused?: string;
}

/** Where unsent messages outlive a reload. Several pages may share one: what each has written is in it. */
export interface OutboxStore {
  load(): Outgoing[];
  /** Keeps what this page holds; what only others hold stays. */
  save(messages: readonly Outgoing[]): void;
  /** Calls `changed` when another page has changed something. Returns a function that stops it. */
  watch?(changed: () => void): () => void;
}

export const memoryStore = (): OutboxStore => ({ load: () => [], save: () => {} });

export class Outbox {
  #waiting: readonly Outgoing[];
  #inFlight: string | undefined;
  /** Those that may have been on their way before, perhaps from an earlier page. */
  #sent: Set<string>;
  #repeated = new Set<string>();

  constructor(private readonly store: OutboxStore) {
    this.#waiting = store.load();
    this.#sent = new Set(this.#waiting.map((message) => message.clientId));
  }

  get messages(): readonly Outgoing[] {
    return this.#waiting;
  }

  add(message: Outgoing): void {
    this.#keep([...this.#waiting, message]);
  }

  /** The message to send now, if none is on its way. */
  next(): Outgoing | undefined {
    if (this.#inFlight !== undefined) return undefined;
    const first = this.#waiting.find((message) => message.refused === undefined);
    this.#inFlight = first?.clientId;
    if (first) {
      if (this.#sent.has(first.clientId)) this.#repeated.add(first.clientId);
      this.#sent.add(first.clientId);
    }
    return first;
  }

  /** Whether it was said more than once, so that its echo may answer the repeat, and says nothing of what came before. */
  isRepeated(clientId: string | undefined): boolean {
    return clientId !== undefined && this.#repeated.has(clientId);
  }

  /** The one on its way may be lost: it will be next again. */
  requeue(): void {
    this.#inFlight = undefined;
  }

  /** The server will not take the one on its way; the next may go. */
  refuse(code: string): void {
    const refused = this.#inFlight;
    this.#inFlight = undefined;
    this.#keep(this.#waiting.map((message) => (message.clientId === refused ? { ...message, refused: code } : message)));
  }

  /** Takes over what other pages have put in the store, and lets go what was thrown away there. */
  merge(): void {
    if (!this.store.watch) return;
    const stored = this.store.load();
    const byId = new Map(stored.map((message) => [message.clientId, message]));
    // What is gone from the store was confirmed, and its echo comes here too, unless it had been refused.
    const own = this.#waiting.filter((message) => byId.has(message.clientId) || message.refused === undefined);
    const known = new Set(own.map((message) => message.clientId));
    const waiting = [...own.map((message) => byId.get(message.clientId) ?? message), ...stored.filter((message) => !known.has(message.clientId))];
    if (JSON.stringify(waiting) !== JSON.stringify(this.#waiting)) this.#keep(waiting);
  }

  /** The person asked to try a refused message once more. */
  retry(clientId: string): void {
    this.#keep(
      this.#waiting.map((message) => {
        if (message.clientId !== clientId) return message;
        const { refused: _refused, ...again } = message;
        return again;
      }),
    );
  }

  discard(clientId: string): void {
    this.confirm(clientId);
  }

  /** Whether a message is on its way. */
  get busy(): boolean {
    return this.#inFlight !== undefined;
  }

  /** The server has it. Says whether it was one of ours. */
  confirm(clientId: string): boolean {
    if (this.#inFlight === clientId) this.#inFlight = undefined;
    if (!this.#waiting.some((message) => message.clientId === clientId)) return false;
    this.#keep(this.#waiting.filter((message) => message.clientId !== clientId));
    return true;
  }

  #keep(messages: readonly Outgoing[]): void {
    this.#waiting = messages;
    this.store.save(messages);
  }
}

/**
 * Cuts `text` into pieces of at most `maxBytes` of UTF-8, at a paragraph, line or word where one is near the end, never
 * inside a character that a person sees as one.
 */
export function splitContent(text: string, maxBytes: number): string[] {
  const pieces: string[] = [];
  let rest = wellFormed(text).trim();
  while (rest && byteLength(rest) > maxBytes) {
    const head = longestPrefix(rest, maxBytes);
    const cut = naturalCut(head);
    pieces.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  if (rest) pieces.push(rest);
  return pieces;
}

function longestPrefix(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  // More code units than bytes fit in no case, and a browser may look at all it is given before it says the first.
  for (const character of graphemes(text.slice(0, maxBytes + 1))) {
    bytes += byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  if (end > 0) return text.slice(0, end);
  // One "character" of thousands of joined marks: it is cut by code points after all.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

function naturalCut(head: string): number {
  const nearEnd = head.length / 2;
  for (const boundary of ["\n\n", "\n", " "]) {
    const at = head.lastIndexOf(boundary);
    if (at > nearEnd) return at + boundary.length;
  }
  return head.length;
}
