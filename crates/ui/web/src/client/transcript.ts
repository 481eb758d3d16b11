/**
 * The lines of one chat in their one order: messages and whispers as the server numbered them, and notes ("Vika joined")
 * that this page saw happen, each kept behind whatever was the last one then.
 *
 * Promise: whatever comes twice, late or again after a reconnection stands here once and in its place.
 */
import type { Side, WireMessage, WireWhisper } from "./wire";

export interface Message {
  kind: "message";
  /** Stays the same from the moment of writing, so a line is not drawn anew when it is confirmed. */
  key: string;
  seq: number;
  from: Side;
  /** Which agent said it. */
  supportId?: string;
  /** Who said it, where that is told with it. */
  name?: string;
  content: string;
  /** Milliseconds of the server's clock. */
  at: number;
}

/** What a supervisor said to the agent, and to nobody else. */
export interface Whisper {
  kind: "whisper";
  key: string;
  seq: number;
  by: string;
  content: string;
  at: number;
}

export type NoteKind =
  | "agentJoined"
  /** Another agent has the chat from now on. */
  | "agentChanged"
  | "agentLeft"
  | "visitorLeft"
  | "visitorBack"
  // What only somebody sees who watches.
  | "requested"
  | "takenOver"
  | "assigned"
  | "released"
  | "ended"
  | "endedBy";

export interface Note {
  kind: "note";
  key: string;
  what: NoteKind;
  name: string;
  /** The sentence that the deployment has chosen for it. */
  text?: string;
  at: number;
  afterSeq: number;
}

export type Line = Message | Whisper | Note;

export class Transcript {
  /** By number. */
  #numbered: readonly (Message | Whisper)[] = [];
  #notes: readonly Note[] = [];
  #lines: readonly Line[] = [];
  #epoch: string | undefined;
  /** Everything up to here is known. */
  #lastSeq = 0;
  #noted = 0;

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get messages(): readonly Message[] {
    return this.#numbered.filter((line) => line.kind === "message");
  }

  get whispers(): readonly Whisper[] {
    return this.#numbered.filter((line) => line.kind === "whisper");
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

  /** `inOrder`: it came in its place, so everything before it has come too. */
  add(message: WireMessage, inOrder = true): void {
    this.#add(toMessage(message), inOrder);
  }

  whisper(whisper: WireWhisper): void {
    this.#add(toWhisper(whisper), true);
  }

  /** History replaces everything unless it says that it only continues. */
  history(messages: readonly WireMessage[], whispers: readonly WireWhisper[], partial: boolean, epoch?: string, lastSeq?: number): void {
    const known = new Map(partial ? this.#numbered.map((line) => [line.seq, line]) : []);
    const keys = new Map(this.#numbered.map((line) => [line.seq, line.key]));
    const sameEpoch = epoch === this.#epoch;
    for (const line of [...messages.map(toMessage), ...whispers.map(toWhisper)]) {
      if (!known.has(line.seq)) known.set(line.seq, { ...line, key: (sameEpoch && keys.get(line.seq)) || line.key });
    }
    this.#numbered = [...known.values()].sort((a, b) => a.seq - b.seq);
    this.#epoch = epoch ?? this.#epoch;
    const highest = this.#numbered.at(-1)?.seq ?? 0;
    this.#lastSeq = Math.max(highest, lastSeq ?? (partial ? this.#lastSeq : 0));
    this.#arrange();
  }

  note(what: Note["what"], name: string, at: number, text?: string): void {
    const previous = this.#lines.at(-1);
    if (previous?.kind === "note" && previous.what === what && previous.name === name) return;
    const afterSeq = this.#numbered.at(-1)?.seq ?? 0;
    this.#notes = [...this.#notes, { kind: "note", key: `note-${++this.#noted}`, what, name, ...(text ? { text } : {}), at, afterSeq }];
    this.#arrange();
  }

  /** Takes the last line away if it is this note, and says nothing of its own. */
  dropLastNote(what: Note["what"]): void {
    const last = this.#lines.at(-1);
    if (last?.kind !== "note" || last.what !== what || last.text) return;
    this.#notes = this.#notes.filter((note) => note !== last);
    this.#arrange();
  }

  #add(line: Message | Whisper, inOrder: boolean): void {
    const isKnown = this.#numbered.some((known) => known.seq === line.seq);
    // What comes late shows that something was overtaken: more of that may be on its way.
    if (inOrder) this.#lastSeq = isKnown ? Math.max(this.#lastSeq, line.seq) : line.seq;
    if (isKnown) return;
    this.#numbered = [...this.#numbered, line].sort((a, b) => a.seq - b.seq);
    this.#arrange();
  }

  #arrange(): void {
    const lines: Line[] = [];
    let next = 0;
    const notesUpTo = (seq: number) => {
      for (let note = this.#notes[next]; note && note.afterSeq < seq; note = this.#notes[++next]) lines.push(note);
    };
    for (const line of this.#numbered) {
      notesUpTo(line.seq);
      lines.push(line);
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
    ...(wire.supportId ? { supportId: wire.supportId } : {}),
    content: wire.content,
    at: Date.parse(wire.timestamp),
  };
}

function toWhisper({ id, seq, by, content, timestamp }: WireWhisper): Whisper {
  return { kind: "whisper", key: id, seq, by, content, at: Date.parse(timestamp) };
}
