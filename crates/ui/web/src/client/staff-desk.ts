/**
 * The staff desk: everybody who works here, every chat that is going on, and what a supervisor does about it.
 *
 * Promises: after every (re)connection the state equals the server's, replaced at once and without a flicker; a chat that
 * is watched is watched again; each request is answered once, by `unavailable` if its connection was lost first.
 */
import type { Environment } from "./environment";
import { Link, bearer, type LinkState } from "./link";
import { parseDeskFrame, type DeskChat, type DeskFrame, type DeskLine, type FlaggedChat, type GoneReason, type Member } from "./staff-desk-wire";

export interface Watched {
  /** The history has come. */
  ready: boolean;
  /** Oldest first. */
  lines: readonly DeskLine[];
  /** It is over, and why; `lines` stay. */
  gone?: GoneReason;
}

export interface StaffDeskState {
  link: LinkState;
  /** What is here was the truth at least once. */
  ready: boolean;
  staff: ReadonlyMap<string, Member>;
  /** A monitor's: all of them; an agent's: its own, as far as they have changed. */
  chats: ReadonlyMap<string, DeskChat>;
  /** Those that were marked last, latest first. */
  flagged: readonly FlaggedChat[];
  watched: ReadonlyMap<string, Watched>;
}

/** Why a request came to nothing: a code of the contract, or `unavailable`. */
export class DeskError extends Error {
  constructor(
    readonly code: string,
    message = "",
  ) {
    super(message);
  }
}

export interface StaffDeskOptions {
  /** Base URL of subscriber. */
  subscriber: string;
  /** The newest token. */
  token: () => string;
}

type Answered = { done: (args: { supportId?: string }) => void; failed: (error: DeskError) => void };

const ANSWER_TIMEOUT_MS = 8_000;
const MOST_FLAGGED = 15;

export class StaffDeskClient {
  #state: StaffDeskState = { link: { kind: "connecting" }, ready: false, staff: new Map(), chats: new Map(), flagged: [], watched: new Map() };
  #link: Link;
  #asked = new Map<string, Answered & { timer: unknown }>();

  constructor(
    options: StaffDeskOptions,
    private readonly changed: (state: StaffDeskState) => void,
    private readonly env: Environment,
    whyRefused?: () => Promise<number | undefined>,
  ) {
    const url = `${options.subscriber.replace(/^http/, "ws")}/desk`;
    this.#link = new Link(
      () => url,
      () => bearer(options.token()),
      {
        onOpen: () => this.#opened(),
        onText: (text) => this.#receive(text),
        onState: (link) => this.#linkChanged(link),
        ...(whyRefused ? { whyRefused } : {}),
      },
      env,
    );
  }

  get state(): StaffDeskState {
    return this.#state;
  }

  /** Shows a chat and what follows in it; nobody at the chat is told. */
  watch(chatId: string): void {
    if (this.#state.watched.has(chatId)) return;
    this.#watches(chatId, { ready: false, lines: [] });
    this.#sayWatch(chatId);
  }

  unwatch(chatId: string): void {
    const watched = new Map(this.#state.watched);
    if (!watched.delete(chatId)) return;
    this.#update({ watched });
    void this.#ask("Unwatch", { chatId }).catch(() => undefined);
  }

  whisper = async (chatId: string, content: string): Promise<void> => void (await this.#ask("Whisper", { chatId, content }));
  flag = async (chatId: string, severity: number): Promise<void> => void (await this.#ask("Flag", { chatId, severity }));
  reassign = async (chatId: string, to: string, note: string): Promise<void> =>
    void (await this.#ask("Reassign", note ? { chatId, to, note } : { chatId, to }));
  /** Takes the chat from its agent; the id with which to join it. */
  takeOver = async (chatId: string, name: string): Promise<string | undefined> => (await this.#ask("TakeOver", { chatId, name })).supportId;

  close(): void {
    this.#link.stop();
  }

  /** @throws {DeskError} */
  #ask(type: string, args: object): Promise<{ supportId?: string }> {
    const ref = this.env.newId();
    return new Promise((done, failed) => {
      if (!this.#link.send({ type, args: { ...args, ref } })) return failed(new DeskError("unavailable"));
      // Whatever stays unanswered was said into a dead connection.
      const timer = this.env.setTimer(() => this.#link.renew(), ANSWER_TIMEOUT_MS);
      this.#asked.set(ref, { done, failed, timer });
    });
  }

  #answered(ref: string | undefined): Answered | undefined {
    const asked = ref === undefined ? undefined : this.#asked.get(ref);
    if (ref !== undefined) this.#asked.delete(ref);
    this.env.clearTimer(asked?.timer);
    return asked;
  }

  #opened(): void {
    for (const [chatId, { gone }] of this.#state.watched) if (!gone) this.#sayWatch(chatId);
  }

  #sayWatch(chatId: string): void {
    // Not connected: it is said once we are.
    this.#ask("Watch", { chatId }).catch((error: DeskError) => {
      const watched = this.#state.watched.get(chatId);
      if (watched && error.code === "chat_expired") this.#watches(chatId, { ...watched, ready: true, gone: "lost" });
    });
  }

  #receive(text: unknown): void {
    const frame = parseDeskFrame(text);
    if (frame) this.#apply(frame);
  }

  #apply(frame: DeskFrame): void {
    switch (frame.type) {
      case "Desk":
        return this.#everything(frame.args);
      case "Staff":
        return this.#update({ staff: new Map(this.#state.staff).set(frame.args.id, frame.args) });
      case "StaffGone":
        return this.#update({ staff: without(this.#state.staff, frame.args.id) });
      case "Chat":
        return this.#chat(frame.args);
      case "ChatGone":
        return this.#gone(frame.args.chatId, frame.args.reason);
      case "Flagged":
        return this.#flagged(frame.args);
      case "Watched":
        return this.#history(frame.args.chatId, frame.args.history);
      case "Line":
        return this.#line(frame.args.chatId, frame.args);
      case "Done":
        return this.#answered(frame.args.ref)?.done(frame.args);
      case "Error":
        return this.#answered(frame.args.ref)?.failed(new DeskError(frame.args.code, frame.args.message));
    }
  }

  #everything({ staff, mine = [], chats = mine, flagged = [] }: { staff: Member[]; chats?: DeskChat[]; mine?: DeskChat[]; flagged?: FlaggedChat[] }): void {
    const present = new Map(chats.map((chat) => [chat.chatId, chat]));
    this.#update({ ready: true, staff: new Map(staff.map((member) => [member.id, member])), chats: present, flagged });
  }

  #chat(chat: DeskChat): void {
    this.#update({ chats: new Map(this.#state.chats).set(chat.chatId, chat) });
    // Over once and open again: what follows is watched as before.
    if (!this.#state.watched.get(chat.chatId)?.gone) return;
    this.#watches(chat.chatId, { ready: false, lines: [] });
    this.#sayWatch(chat.chatId);
  }

  #flagged(marked: FlaggedChat): void {
    const others = this.#state.flagged.filter((each) => each.chatId !== marked.chatId);
    this.#update({ flagged: marked.severity > 0 ? [marked, ...others].slice(0, MOST_FLAGGED) : others });
  }

  #gone(chatId: string, reason: GoneReason = "lost"): void {
    const watched = this.#state.watched.get(chatId);
    if (watched) this.#watches(chatId, { ...watched, gone: reason });
    this.#update({ chats: without(this.#state.chats, chatId) });
  }

  #history(chatId: string, history: readonly DeskLine[]): void {
    if (this.#state.watched.has(chatId)) this.#watches(chatId, { ready: true, lines: history });
  }

  #line(chatId: string, line: DeskLine): void {
    const watched = this.#state.watched.get(chatId);
    if (!watched || watched.lines.some((known) => known.seq === line.seq)) return;
    const lines = [...watched.lines, line].sort((a, b) => a.seq - b.seq);
    this.#watches(chatId, { ...watched, lines });
  }

  #watches(chatId: string, watched: Watched): void {
    this.#update({ watched: new Map(this.#state.watched).set(chatId, watched) });
  }

  #linkChanged(link: LinkState): void {
    this.#update({ link });
    if (link.kind === "open") return;
    for (const ref of [...this.#asked.keys()]) this.#answered(ref)?.failed(new DeskError("unavailable"));
  }

  #update(part: Partial<StaffDeskState>): void {
    this.#state = { ...this.#state, ...part };
    this.changed(this.#state);
  }
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
