/**
 * The request feed of one agent: who waits now, the next one first, and taking or declining them.
 *
 * Promises: after every (re)connection the rows equal the server's waiting set, without a flicker in between; at most
 * one acceptance is under way at a time, so an answer always means that one.
 */
import type { Environment } from "./environment";
import { Link, bearer, type LinkState } from "./link";
import { parseFeedFrame, type Request, type WireError } from "./wire";

export interface FeedState {
  link: LinkState;
  /** The first replay is complete: an empty list means that no one waits. */
  ready: boolean;
  /** In the order in which they are to be taken. */
  rows: readonly Request[];
  agentsOnline: number | undefined;
  /** Chats that a colleague gave to this agent, held for it without its asking: until when, by the server's clock. */
  held: ReadonlyMap<string, number>;
  /** The user id whose acceptance is under way. */
  accepting: string | undefined;
}

export type Acceptance = { kind: "reserved"; request: Request } | { kind: "taken"; by?: string } | { kind: "failed"; code: string };

export interface FeedOptions {
  /** Base URL of subscriber. */
  subscriber: string;
  /** The newest token, if there is one. */
  token?: () => string | undefined;
  available: boolean;
}

/** The replay has no end mark; silence of this length after the connection means that it is over. */
const REPLAY_QUIET_MS = 600;
/** On a desk where somebody comes all the time there is no silence: by then it is over anyway. */
const REPLAY_MOST_MS = 5_000;
const ACCEPT_TIMEOUT_MS = 8_000;

export class FeedClient {
  #state: FeedState = { link: { kind: "connecting" }, ready: false, rows: [], agentsOnline: undefined, held: new Map(), accepting: undefined };
  #link: Link;
  #unconfirmed = new Set<string>();
  #declined = new Set<string>();
  #replayTimer: unknown;
  #replayEnds = 0;
  #acceptTimer: unknown;
  #answer: ((acceptance: Acceptance) => void) | undefined;
  #available: boolean;

  constructor(
    options: FeedOptions,
    private readonly changed: (state: FeedState) => void,
    private readonly env: Environment,
    whyRefused?: () => Promise<number | undefined>,
  ) {
    this.#available = options.available;
    const url = `${options.subscriber.replace(/^http/, "ws")}/joins`;
    this.#link = new Link(
      () => url,
      () => bearer(options.token?.()),
      {
        onOpen: () => this.#opened(),
        onText: (text) => this.#receive(text),
        onState: (link) => this.#linkChanged(link),
        ...(whyRefused ? { whyRefused } : {}),
      },
      env,
    );
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Takes a visitor. The row stays until the server has decided. */
  accept(userId: string): Promise<Acceptance> {
    const request = this.#state.rows.find((row) => row.userId === userId);
    if (request && this.#state.held.has(request.chatId)) {
      this.#remove(userId);
      return Promise.resolve({ kind: "reserved", request });
    }
    if (this.#answer || !this.#link.send({ type: "Accept", args: { userId } })) {
      return Promise.resolve({ kind: "failed", code: "unavailable" });
    }
    this.#update({ accepting: userId });
    this.#acceptTimer = this.env.setTimer(() => this.#link.renew(), ACCEPT_TIMEOUT_MS);
    return new Promise((resolve) => (this.#answer = resolve));
  }

  decline(userId: string): void {
    const row = this.#state.rows.find((request) => request.userId === userId);
    if (!row) return;
    this.#declined.add(row.chatId);
    this.#link.send({ type: "Decline", args: { userId } });
    this.#remove(userId);
  }

  setAvailable(available: boolean): void {
    this.#available = available;
    this.#sayAvailable();
  }

  close(): void {
    this.#link.stop();
  }

  #opened(): void {
    this.#unconfirmed = new Set(this.#state.rows.map((row) => row.userId));
    this.#sayAvailable();
    this.#replayEnds = this.env.now() + REPLAY_MOST_MS;
    this.#awaitQuiet();
  }

  #awaitQuiet(): void {
    this.env.clearTimer(this.#replayTimer);
    this.#replayTimer = this.env.setTimer(() => {
      const gone = this.#unconfirmed;
      this.#unconfirmed = new Set();
      this.#update({ ready: true, rows: this.#state.rows.filter((row) => !gone.has(row.userId)) });
    }, Math.min(REPLAY_QUIET_MS, this.#replayEnds - this.env.now()));
  }

  #receive(text: unknown): void {
    const frame = parseFeedFrame(text);
    switch (frame?.type) {
      case "Request":
        return this.#announced(frame.args);
      case "RemoveUser":
        return this.#remove(frame.args.userId);
      case "Reserved":
        return this.#reserved(frame.args.userId, Date.parse(frame.args.expiresAt));
      case "Presence":
        return this.#update({ agentsOnline: frame.args.agentsOnline });
      case "Error":
        return this.#error(frame.args);
    }
  }

  #announced(request: Request): void {
    this.#unconfirmed.delete(request.userId);
    // Held no longer: it is everybody's again.
    const held = request.handedOverBy ? this.#state.held : without(this.#state.held, request.chatId);
    if (!this.#state.ready || this.#unconfirmed.size > 0) this.#awaitQuiet();
    // What is given to this agent is asked of it anew, whatever it once declined.
    if (request.handedOverBy) this.#declined.delete(request.chatId);
    if (this.#declined.has(request.chatId)) {
      // A new connection is a new agent to a server in open mode, which must hear of the decline again.
      this.#link.send({ type: "Decline", args: { userId: request.userId } });
      return;
    }
    const others = this.#state.rows.filter((row) => row.userId !== request.userId);
    this.#sort([...others, request], held);
  }

  #reserved(userId: string, until: number): void {
    const request = this.#state.rows.find((row) => row.userId === userId);
    if (this.#state.accepting === userId && request) this.#answered({ kind: "reserved", request });
    else if (request?.handedOverBy) {
      // Given to this agent and held for it: it stays to be taken.
      return this.#sort(this.#state.rows, new Map(this.#state.held).set(request.chatId, until));
    }
    // Else another window of the same agent took it.
    this.#remove(userId);
  }

  /** What is held for this agent comes first: nobody else may take it. */
  #sort(rows: readonly Request[], held: ReadonlyMap<string, number>): void {
    const first = (row: Request) => Number(held.has(row.chatId));
    this.#update({ held, rows: [...rows].sort((a, b) => first(b) - first(a) || byPlace(a, b)) });
  }

  #error(error: WireError): void {
    const userId = this.#state.accepting;
    if (!userId) return;
    const lost = error.code === "already_claimed" || error.code === "not_found";
    if (lost) this.#remove(userId);
    if (!lost) return this.#answered({ kind: "failed", code: error.code });
    this.#answered(error.supportUserName ? { kind: "taken", by: error.supportUserName } : { kind: "taken" });
  }

  #answered(acceptance: Acceptance): void {
    this.env.clearTimer(this.#acceptTimer);
    const answer = this.#answer;
    this.#answer = undefined;
    this.#update({ accepting: undefined });
    answer?.(acceptance);
  }

  #linkChanged(link: LinkState): void {
    this.#update({ link });
    if (link.kind === "open" || link.kind === "connecting") return;
    this.env.clearTimer(this.#replayTimer);
    if (this.#answer) this.#answered({ kind: "failed", code: "unavailable" });
  }

  #sayAvailable(): void {
    this.#link.send({ type: "Availability", args: { available: this.#available } });
  }

  #remove(userId: string): void {
    if (this.#state.rows.some((row) => row.userId === userId)) {
      this.#update({ rows: this.#state.rows.filter((row) => row.userId !== userId) });
    }
  }

  #update(part: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...part };
    this.changed(this.#state);
  }
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

/** As the queue itself has them: whose agent vanished first, then by urgency, then whoever has waited longest. */
function byPlace(a: Request, b: Request): number {
  const returned = Number(b.returned ?? false) - Number(a.returned ?? false);
  const urgency = (b.severity ?? 0) - (a.severity ?? 0);
  return returned || urgency || Date.parse(a.requestedAt ?? "") - Date.parse(b.requestedAt ?? "") || 0;
}
