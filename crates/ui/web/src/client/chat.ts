/**
 * One side of one chat: joins, comes back, keeps the transcript, sends what was written exactly once and tells a page
 * about it all in one immutable state.
 *
 * Promises: every message given to `send` reaches the chat once or stays visible in `outgoing`; every stored message
 * stands in `lines` once; the phase "over" is final.
 */
import { firstState, type ChatOptions, type ChatState, type EndReason, type Phase } from "./chat-state";
import type { Environment } from "./environment";
import { Link, type LinkState } from "./link";
import { Outbox, memoryStore, splitContent } from "./outbox";
import { Transcript } from "./transcript";
import { PEER_FORGETS_MS, TypingSignal } from "./typing";
import {
  SUBPROTOCOL,
  parseChatFrame,
  type ChatExpired,
  type ChatFrame,
  type ChatHistory,
  type Joined,
  type Life,
  type Room,
  type Side,
  type WireError,
  type WireMessage,
  type WireWhisper,
} from "./wire";

export type { ChatOptions, ChatState, EndReason, Phase } from "./chat-state";

const ANSWER_TIMEOUT_MS = 8_000;
const TRY_AGAIN_MS = 1_500;
export const DEFAULT_MAX_CONTENT_BYTES = 4096;
/** What another page of the same person wrote is sent by that page, unless it still waits after this long. */
const OTHERS_TURN_MS = 4_000;
/** What the server says where nobody has chosen other words: the pages have them in the reader's language. */
const STANDARD_JOIN = "{agent} is now with you.";
const STANDARD_LEAVE = "{agent} has left the chat.";

/** The sentence that the deployment has chosen, if it has. */
function ownWords(text: string | undefined, standard: string, agent: string): string | undefined {
  return text?.trim() && text !== standard.replaceAll("{agent}", () => agent) ? text : undefined;
}

/** A countdown that this page may show is asked for before, for what keeps a chat alive is not all seen here. */
const ASK_LIFE_BEFORE_MS = 35_000;
const ASK_LIFE_EVERY_MS = 1_000;
/** SupportLeft right before ChatExpired means that the agent ended the chat. */
const SAME_MOMENT_MS = 2_000;

export class ChatClient {
  #state: ChatState;
  #transcript = new Transcript();
  #outbox: Outbox;
  #link: Link;
  #typing: TypingSignal;
  #answerTimer: unknown;
  #againTimer: unknown;
  #peerTypingTimer: unknown;
  #lifeTimer: unknown;
  #releaseTimer: unknown;
  #knowsLife = true;
  #released: ((done: boolean) => void) | undefined;
  #idleTimeoutMs: number | undefined;
  #saidSeen = 0;
  #saw = 0;
  #sawWhisper = 0;
  #left: { side: Side; at: number } | undefined;
  #mergeTimer: unknown;
  #stopWatching: () => void;

  constructor(
    private readonly options: ChatOptions,
    private readonly changed: (state: ChatState) => void,
    private readonly env: Environment,
  ) {
    const store = options.outbox ?? memoryStore();
    this.#outbox = new Outbox(store);
    this.#stopWatching = store.watch?.(() => this.#mergeLater()) ?? (() => {});
    this.#state = firstState(options, this.#outbox.messages);
    this.#typing = new TypingSignal((on) => this.#sendIfLive({ type: "Typing", args: { on } }), env);
    const url = `${options.chatServer.replace(/^http/, "ws")}/chat/${options.chatId}`;
    this.#link = new Link(
      () => url,
      () => [SUBPROTOCOL],
      {
        onOpen: () => this.#join(),
        onText: (text) => this.#receive(text),
        onState: (link) => this.#linkChanged(link),
      },
      env,
    );
  }

  get state(): ChatState {
    return this.#state;
  }

  /** Writes a message, in several pieces if it is longer than one may be. */
  send(text: string): void {
    this.#typing.sent();
    for (const content of splitContent(text, this.options.maxContentBytes ?? DEFAULT_MAX_CONTENT_BYTES)) {
      this.#outbox.add({ clientId: this.env.newId(), content, at: this.#wallClock() });
    }
    this.#pump();
  }

  retry(clientId: string): void {
    this.#outbox.retry(clientId);
    this.#pump();
  }

  discard(clientId: string): void {
    this.#outbox.discard(clientId);
    this.#update({});
  }

  /** The composer's text changed. */
  typed(text: string): void {
    this.#typing.typed(text.trim() === "");
  }

  /** The person looks at the newest line. */
  sawEverything(): void {
    const { side } = this.options;
    const newest = this.#transcript.messages.findLast((message) => message.from !== side)?.seq ?? 0;
    const whispered = this.#transcript.whispers.at(-1)?.seq ?? 0;
    if (newest <= this.#saw && whispered <= this.#sawWhisper) return;
    this.#saw = Math.max(newest, this.#saw);
    this.#sawWhisper = whispered;
    this.#saySeen();
    this.#update({});
  }

  /** Says that somebody is still here, with nothing to say: the chat's time starts anew. */
  stay(): void {
    this.#sendIfLive(this.#knowsLife ? { type: "KeepAlive", args: {} } : this.#joinFrame());
  }

  /** An agent gives the chat back to the queue; says whether that was done. */
  release(): Promise<boolean> {
    if (!this.#sendIfLive({ type: "Release", args: {} })) return Promise.resolve(false);
    this.#releaseTimer = this.env.setTimer(() => this.#released?.(false), ANSWER_TIMEOUT_MS);
    return new Promise((resolve) => {
      this.#released = (done) => {
        this.env.clearTimer(this.#releaseTimer);
        this.#released = undefined;
        resolve(done);
      };
    });
  }

  /** Ends the chat for both sides, as soon as the server can be reached. */
  leave(): void {
    this.#update({ leaving: true });
    this.#sendIfLive({ type: "Leave", args: {} });
  }

  /** Stops listening; the chat itself goes on. */
  close(): void {
    this.#typing.sent();
    this.#stopSharing();
    this.#clearTimers();
    this.#link.stop();
  }

  #joinFrame(): unknown {
    const { side, userId, name, username, claimId, email } = this.options;
    const token = this.options.token?.();
    const { supportId } = this.#state;
    const support = side === "Support" ? { supportUserName: name, supportId, clientId: supportId ? undefined : claimId } : {};
    // Both say that somebody is there: writing is activity, and whoever waits with the page open keeps the place.
    const present = side === "User" ? { queue: true } : { keepAlive: true };
    const args = { userId, username, from: side, token, email, ...present, pages: true, resume: this.#transcript.resume, ...support };
    return { type: "Join", args };
  }

  #saySeen(): void {
    if (this.#saw <= Math.max(this.#saidSeen, this.#state.seen[this.options.side])) return;
    if (this.#sendIfLive({ type: "Seen", args: { seq: this.#saw } })) this.#saidSeen = this.#saw;
  }

  #countUnread(): number {
    const { side } = this.options;
    const seen = Math.max(this.#saw, this.#state.seen[side]);
    const messages = this.#transcript.messages.filter((message) => message.from !== side && message.seq > seen);
    return messages.length + this.#transcript.whispers.filter((whisper) => whisper.seq > this.#sawWhisper).length;
  }

  #join(): void {
    this.#saidSeen = 0;
    this.#link.send(this.#joinFrame());
    this.#expectAnswer();
  }

  #receive(text: unknown): void {
    const frame = parseChatFrame(text);
    if (frame) this.#apply(frame);
  }

  #apply(frame: ChatFrame): void {
    switch (frame.type) {
      case "Joined":
        return this.#joined(frame.args);
      case "ChatHistory":
        return this.#history(frame.args);
      case "ChatMessage":
        return this.#message(frame.args);
      case "ChatExpired":
        return this.#over(frame.args);
      case "Error":
        return this.#error(frame.args);
      case "UserLeft":
        return this.#sideLeft("User", this.#state.visitorName ?? this.options.username);
      case "SupportLeft":
        return this.#sideLeft("Support", frame.args.supportUserName, ownWords(frame.args.text, STANDARD_LEAVE, frame.args.supportUserName));
      case "RequestDeclined":
        return this.#update({ declined: true });
      case "Typing":
        return this.#peerTyping(frame.args.participant, frame.args.on);
      case "Seen":
        return this.#update({ seen: { ...this.#state.seen, [frame.args.participant]: frame.args.seq } });
      case "Queue":
        return this.#update({ queue: frame.args });
      case "Room":
        return this.#room(frame.args);
      case "Life":
        return this.#life(frame.args);
      case "Whisper":
        return this.#whisper(frame.args);
    }
  }

  #joined(joined: Joined): void {
    this.#transcript.standsAt(joined.epoch, joined.seq);
    this.#idleTimeoutMs = joined.idleTimeoutMs ?? this.#idleTimeoutMs;
    this.#activity();
    if (joined.participant === "Support") {
      const { phase, supportId, names } = this.#state;
      const agentName = joined.supportUserName ?? this.#state.agentName;
      const isAnother = phase.kind === "engaged" && supportId !== undefined && joined.supportId !== undefined && joined.supportId !== supportId;
      if (this.options.side === "User" && agentName) {
        const text = ownWords(joined.text, STANDARD_JOIN, agentName);
        this.#transcript.note(isAnother ? "agentChanged" : "agentJoined", agentName, this.#wallClock(), text);
      }
      this.#update({
        phase: { kind: "engaged" },
        agentName,
        supportId: joined.supportId ?? supportId,
        names: withName(names, joined.supportId, agentName),
        queue: undefined,
        lostAgent: undefined,
        handedOver: undefined,
        declined: false,
        peerHere: true,
      });
    } else if (this.options.side === "Support") {
      this.#visitorIsBack();
    } else if (this.#state.phase.kind === "joining") {
      this.#update({ phase: { kind: "waiting" } });
    }
    if (joined.participant === this.options.side) this.#nowLive();
  }

  #history(history: ChatHistory): void {
    this.#idleTimeoutMs = history.idleTimeoutMs ?? this.#idleTimeoutMs;
    this.#activity(history.expiresInMs);
    const { messages, whispers = [] } = history;
    this.#transcript.history(messages, whispers, history.partial ?? false, history.epoch, history.lastSeq);
    for (const message of messages) if (message.clientId) this.#outbox.confirm(message.clientId);
    if (history.more) {
      // How the chat stands is looked at when all of it is here.
      this.#update({ names: { ...this.#state.names, ...history.agents } });
      return;
    }
    if (this.#state.phase.kind === "joining") this.#sawWhisper = this.#transcript.whispers.at(-1)?.seq ?? 0;
    const { side } = this.options;
    const answered = history.supportId !== undefined || this.#transcript.messages.some((message) => message.supportId !== undefined);
    // A server that says how the chat stands knows better than what was said in it.
    const engaged = side === "Support" || (history.status ? history.status === "engaged" : answered || this.#state.phase.kind === "engaged");
    const seen = { ...this.#state.seen, ...history.seen };
    const supportId = history.supportId ?? (engaged ? this.#state.supportId : undefined);
    this.#update({
      phase: { kind: engaged ? "engaged" : "waiting" },
      agentName: history.supportUserName ?? this.#state.agentName,
      supportId,
      names: withName({ ...this.#state.names, ...history.agents }, history.supportId, history.supportUserName),
      lostAgent: !engaged && answered && !history.handedOverTo ? (this.#state.lostAgent ?? "") : undefined,
      handedOver: handedOver(history),
      severity: history.severity ?? this.#state.severity,
      visitorName: history.username ?? this.#state.visitorName,
      email: history.email ?? this.#state.email,
      emailVerified: history.emailVerified ?? this.#state.emailVerified,
      peerHere: this.#state.peerHere || engaged,
      seen,
    });
    this.#nowLive();
  }

  #message(message: WireMessage): void {
    this.#activity();
    const isPeer = message.from !== this.options.side;
    this.#transcript.add(message, !this.#outbox.isRepeated(message.clientId));
    if (message.clientId && this.#outbox.confirm(message.clientId)) this.env.clearTimer(this.#answerTimer);
    if (isPeer) {
      this.env.clearTimer(this.#peerTypingTimer);
      if (message.from === "User") this.#visitorIsBack();
      this.#update({ peerTyping: false, peerHere: true });
    }
    this.#pump();
  }

  #whisper(whisper: WireWhisper): void {
    this.#transcript.whisper(whisper);
    this.#update({});
  }

  #room(room: Room): void {
    const { status, email, emailVerified, severity } = room;
    if (email) this.#update({ email, emailVerified: emailVerified ?? false });
    if (severity !== undefined) this.#update({ severity });
    if (this.options.side === "User" && status === "waiting" && (room.handedOverTo || this.#state.handedOver)) return this.#onItsWay(handedOver(room));
    const isLost = this.options.side === "User" && status === "waiting" && this.#state.phase.kind === "engaged";
    if (isLost) {
      // Whoever gives the chat back has not lost the connection.
      const agentName = room.givenBack ? "" : (this.#state.agentName ?? "");
      this.#update({ phase: { kind: "waiting" }, lostAgent: agentName, supportId: undefined, peerHere: false, peerTyping: false });
    }
  }

  /** From one agent to another; or that other does not come. */
  #onItsWay(handedOver: ChatState["handedOver"]): void {
    // Where it goes says more than that somebody left.
    if (handedOver) this.#transcript.dropLastNote("agentLeft");
    const lostAgent = handedOver ? undefined : "";
    this.#update({ phase: { kind: "waiting" }, handedOver, lostAgent, supportId: undefined, peerHere: false, peerTyping: false });
  }

  #life({ expiresInMs, idleTimeoutMs }: Life): void {
    this.#idleTimeoutMs = idleTimeoutMs ?? this.#idleTimeoutMs;
    this.#activity(expiresInMs);
  }

  #visitorIsBack(): void {
    if (this.#state.peerHere) return;
    this.#transcript.note("visitorBack", this.#state.visitorName ?? this.options.username, this.#wallClock());
    this.#update({ peerHere: true });
  }

  #sideLeft(side: Side, name: string, text?: string): void {
    this.#left = { side, at: this.env.now() };
    if (side === this.options.side) return;
    this.#transcript.note(side === "Support" ? "agentLeft" : "visitorLeft", name, this.#wallClock(), text);
    this.#update({ peerHere: false, peerTyping: false });
  }

  #peerTyping(participant: Side, on: boolean): void {
    if (participant === this.options.side) return;
    this.env.clearTimer(this.#peerTypingTimer);
    if (on) this.#peerTypingTimer = this.env.setTimer(() => this.#update({ peerTyping: false }), PEER_FORGETS_MS);
    this.#update({ peerTyping: on, peerHere: true });
  }

  #over(expired: ChatExpired): void {
    const reason = this.#endReason(expired);
    // "Vika ended this chat" says it all.
    if (reason === "byAgent" || reason === "byVisitor") this.#transcript.dropLastNote(reason === "byAgent" ? "agentLeft" : "visitorLeft");
    this.#finish(reason);
  }

  #finish(reason: EndReason): void {
    this.#stopSharing();
    this.#outbox.merge();
    this.#clearTimers();
    this.#link.stop();
    // Over, however it came: there is nothing to give back any more.
    this.#released?.(true);
    this.#update({ phase: { kind: "over", reason }, live: false, peerTyping: false, queue: undefined, expiresAt: undefined });
  }

  #endReason(expired: ChatExpired): EndReason {
    const by = (side: Side): EndReason => (side === "User" ? "byVisitor" : "byAgent");
    if (expired.reason === "silence") return "silence";
    if (expired.by) return by(expired.by);
    if (this.#state.leaving) return by(this.options.side);
    const now = this.env.now();
    if (this.#left && now - this.#left.at < SAME_MOMENT_MS) return by(this.#left.side);
    const { expiresAt, phase } = this.#state;
    const wasDue = expiresAt !== undefined && now > expiresAt - SAME_MOMENT_MS;
    // Whoever waits is either taken, or leaves, or waits too long.
    return wasDue || phase.kind === "waiting" ? "silence" : "unknown";
  }

  #error(error: WireError): void {
    if (error.code === "unknown_type") {
      // A server of the release before, in the middle of an update: to it only a Join says that somebody is here.
      this.#knowsLife = false;
      this.env.clearTimer(this.#lifeTimer);
      return this.#released?.(false);
    }
    if (this.#released && error.code !== "forbidden") return this.#released(false);
    if (error.code === "forbidden" && this.#state.live && this.options.side === "Support") return this.#finish("givenAway");
    const again = error.code === "unavailable" || (error.code === "slow_down" && !error.full);
    if (!this.#state.live) {
      this.env.clearTimer(this.#answerTimer);
      if (again) this.#later(() => this.#join());
      else this.#refused(error);
      return;
    }
    if (this.#state.leaving && again) this.#later(() => this.leave());
    if (!this.#outbox.busy) return;
    this.env.clearTimer(this.#answerTimer);
    if (again) {
      this.#outbox.requeue();
      this.#later(() => this.#pump());
    } else {
      this.#outbox.refuse(error.code);
      this.#pump();
    }
  }

  #refused(error: WireError): void {
    this.#stopSharing();
    this.#outbox.merge();
    this.#clearTimers();
    this.#link.stop();
    const phase: Phase = { kind: "refused", code: error.code };
    this.#update({ phase: error.supportUserName ? { ...phase, winner: error.supportUserName } : phase });
  }

  #nowLive(): void {
    this.env.clearTimer(this.#answerTimer);
    this.#update({ live: true });
    this.#saySeen();
    if (this.#state.leaving) this.#link.send({ type: "Leave", args: {} });
    else this.#pump();
  }

  #pump(): void {
    const message = this.#state.live ? this.#outbox.next() : undefined;
    if (message) {
      const { userId, side } = this.options;
      const { supportId } = this.#state;
      const { clientId, content } = message;
      this.#link.send({ type: "ChatMessage", args: { userId, supportId, content, from: side, clientId } });
      this.#expectAnswer();
    }
    this.#update({});
  }

  #mergeLater(): void {
    this.env.clearTimer(this.#mergeTimer);
    this.#mergeTimer = this.env.setTimer(() => {
      this.#outbox.merge();
      this.#pump();
    }, OTHERS_TURN_MS);
  }

  #stopSharing(): void {
    this.env.clearTimer(this.#mergeTimer);
    this.#stopWatching();
  }

  /** Whatever stays unanswered was said into a dead connection. */
  #expectAnswer(): void {
    this.env.clearTimer(this.#answerTimer);
    this.#answerTimer = this.env.setTimer(() => this.#link.renew(), ANSWER_TIMEOUT_MS);
  }

  #later(run: () => void): void {
    this.env.clearTimer(this.#againTimer);
    this.#againTimer = this.env.setTimer(run, TRY_AGAIN_MS * (0.5 + this.env.random()));
  }

  #activity(remainingMs = this.#idleTimeoutMs): void {
    if (remainingMs === undefined) return;
    this.#update({ expiresAt: this.env.now() + remainingMs });
    this.env.clearTimer(this.#lifeTimer);
    if (!this.#knowsLife) return;
    const wait = Math.max(remainingMs - ASK_LIFE_BEFORE_MS, remainingMs / 3, ASK_LIFE_EVERY_MS);
    this.#lifeTimer = this.env.setTimer(() => this.#sendIfLive({ type: "Life", args: {} }), wait);
  }

  #linkChanged(link: LinkState): void {
    if (link.kind === "open") {
      this.#update({ link });
      return;
    }
    this.#clearTimers();
    this.#outbox.requeue();
    const { phase } = this.#state;
    const refused = link.kind === "refused" && phase.kind !== "over" && phase.kind !== "refused";
    if (refused) {
      this.#stopSharing();
      this.#outbox.merge();
    }
    this.#update({
      link,
      live: false,
      peerTyping: false,
      phase: refused ? { kind: "refused", code: link.code === 4401 ? "unauthorized" : "closed" } : phase,
    });
  }

  #wallClock(): number {
    return Date.now() + (this.options.clockOffsetMs ?? 0);
  }

  #sendIfLive(frame: unknown): boolean {
    return this.#state.live && this.#link.send(frame);
  }

  #clearTimers(): void {
    for (const timer of [this.#answerTimer, this.#againTimer, this.#peerTypingTimer, this.#lifeTimer]) this.env.clearTimer(timer);
  }

  #update(part: Partial<ChatState>): void {
    this.#state = { ...this.#state, ...part, lines: this.#transcript.lines, outgoing: this.#outbox.messages };
    this.#state.unread = this.#countUnread();
    this.changed(this.#state);
  }
}

function handedOver({ handedOverBy: by, handedOverTo: to }: Room | ChatHistory): ChatState["handedOver"] {
  return by && to ? { by, to } : undefined;
}

function withName(names: Readonly<Record<string, string>>, id: string | undefined, name: string | undefined): Readonly<Record<string, string>> {
  return id && name ? { ...names, [id]: name } : names;
}
