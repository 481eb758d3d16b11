/**
 * The lines of one chat in their one order: messages as the server numbered them, and notes ("Vika joined") that this
 * page saw happen, each kept behind the message that was the last one then.
 *
 * Promise: whatever comes twice, late or again after a reconnection stands here once and in its place.
 */
import type { Side, WireMessage } from "./wire";

export interface Message {
  kind: "message";
  /** Stays the same from the moment of writing, so a line is not drawn anew when it is confirmed. */
  key: string;
  seq: number;
  from: Side;
  content: string;
  /** Milliseconds of the server's clock. */
  at: number;
}

export interface Note {
  kind: "note";
  key: string;
  what: "agentJoined" | "agentLeft" | "visitorLeft" | "visitorBack";
  name: string;
  at: number;
  afterSeq: number;
}

export type Line = Message | Note;

export class Transcript {
  #messages: readonly Message[] = [];
  #notes: readonly Note[] = [];
  #lines: readonly Line[] = [];
  #epoch: string | undefined;
  #lastSeq = 0;
  #noted = 0;

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Where to resume from, once it is known. */
  get resume(): { epoch: string; after: number } | undefined {
    return this.#epoch === undefined ? undefined : { epoch: this.#epoch, after: this.#lastSeq };
  }

  /** The server said where the chat stands without sending anything of it. */
  standsAt(epoch: string | undefined, seq: number | undefined): void {
    if (epoch !== undefined && this.#epoch === undefined) {
      this.#epoch = epoch;
      this.#lastSeq = Math.max(this.#lastSeq, seq ?? 0);
    }
  }

  add(message: WireMessage): void {
    if (this.#messages.some((known) => known.seq === message.seq)) return;
    this.#messages = [...this.#messages, toMessage(message)].sort((a, b) => a.seq - b.seq);
    this.#lastSeq = Math.max(this.#lastSeq, message.seq);
    this.#arrange();
  }

  /** History replaces everything unless it says that it only continues. */
  history(messages: readonly WireMessage[], partial: boolean, epoch?: string, lastSeq?: number): void {
    const known = new Map(partial ? this.#messages.map((message) => [message.seq, message]) : []);
    const keys = new Map(this.#messages.map((message) => [message.seq, message.key]));
    for (const wire of messages) {
      if (known.has(wire.seq)) continue;
      const message = toMessage(wire);
      const sameEpoch = epoch === this.#epoch;
      known.set(wire.seq, { ...message, key: (sameEpoch && keys.get(wire.seq)) || message.key });
    }
    this.#messages = [...known.values()].sort((a, b) => a.seq - b.seq);
    this.#epoch = epoch ?? this.#epoch;
    const highest = this.#messages.at(-1)?.seq ?? 0;
    this.#lastSeq = Math.max(highest, lastSeq ?? (partial ? this.#lastSeq : 0));
    this.#arrange();
  }

  note(what: Note["what"], name: string, at: number): void {
    const previous = this.#lines.at(-1);
    if (previous?.kind === "note" && previous.what === what && previous.name === name) return;
    const afterSeq = this.#messages.at(-1)?.seq ?? 0;
    this.#notes = [...this.#notes, { kind: "note", key: `note-${++this.#noted}`, what, name, at, afterSeq }];
    this.#arrange();
  }

  /** Takes the last line away if it is this note. */
  dropLastNote(what: Note["what"]): void {
    const last = this.#lines.at(-1);
    if (last?.kind !== "note" || last.what !== what) return;
    this.#notes = this.#notes.filter((note) => note !== last);
    this.#arrange();
  }

  #arrange(): void {
    const lines: Line[] = [];
    let next = 0;
    const notesUpTo = (seq: number) => {
      for (let note = this.#notes[next]; note && note.afterSeq < seq; note = this.#notes[++next]) lines.push(note);
    };
    for (const message of this.#messages) {
      notesUpTo(message.seq);
      lines.push(message);
    }
    notesUpTo(Infinity);
    this.#lines = lines;
  }
}

function toMessage(wire: WireMessage): Message {
  return {
    kind: "message",
    key: wire.clientId ?? wire.id,
    seq: wire.seq,
    from: wire.from,
    content: wire.content,
    at: Date.parse(wire.timestamp),
  };
}
