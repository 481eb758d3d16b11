/**
 * An agent's desk: who waits, which chats are held, which of them are in view. The components only show it and pass on
 * what the agent does.
 */
import type { ChatState } from "../client/chat";
import type { Environment } from "../client/environment";
import { FeedClient, type FeedState } from "../client/feed";
import { upgradeStatus, type PublicConfig } from "../client/http";
import { StaffDeskClient, type StaffDeskState } from "../client/staff-desk";
import type { DeskChat } from "../client/staff-desk-wire";
import type { Request } from "../client/wire";
import { finds } from "../shared/fold";
import { t } from "../shared/i18n";
import type { Agent } from "./account";
import { Conversation } from "./conversation.svelte";
import { memory, type Settings } from "./memory";
import type { Notifier } from "./notifier";
import { FollowUpCount } from "./follow-ups/count.svelte";
import { Library } from "./replies/library.svelte";

export interface Toast {
  id: number;
  text: string;
  /** What can still be done about it. */
  action?: { label: string; run: () => void };
}

/** A decline stays here for so long, where it can be undone, before the server hears of it. */
const TOAST_MS = 6_000;
const MOST_PANES = 3;
const BOTH_SOCKETS_MS = 500;

export class Desk {
  settings = $state<Settings>(memory.settings());
  feed = $state.raw<FeedState>() as FeedState;
  conversations = $state.raw<readonly Conversation[]>([]);
  /** The chats in view, side by side; the last one chosen is `focused`. */
  panes = $state.raw<readonly string[]>([]);
  focused = $state<string>();
  toasts = $state.raw<readonly Toast[]>([]);
  search = $state("");
  /** Rises whenever a chat is to be shown, also one that is in view already. */
  shown = $state(0);
  /** Chats that were declined a moment ago, of which the server has not heard yet. */
  declining = $state.raw<ReadonlyMap<string, { request: Request; timer: unknown; toast: number }>>(new Map());

  /** The agent's canned replies, if it is somebody who has any. */
  readonly library: Library | undefined;
  readonly followUps: FollowUpCount | undefined;

  /** Who of the staff is online, and what a supervisor sees and does; for whoever has an account. */
  readonly staffDesk: StaffDeskClient | undefined;
  floor = $state.raw<StaffDeskState>();
  /** What a supervisor was about to whisper, by chat. */
  readonly whispers = new Map<string, string>();

  #feed: FeedClient;
  #known: Set<string> | undefined;
  #given = new Set<string>();
  /** Taken off the desk here: that they are still listed as this agent's for a moment brings them back no more. */
  #dismissed = new Set<string>();
  #toasts = 0;
  #closed = false;

  constructor(
    readonly agent: Agent,
    readonly config: PublicConfig,
    private readonly env: Environment,
    private readonly notifier: Notifier,
    /** The server no longer takes this agent's token. */
    private readonly signInAgain: () => void,
  ) {
    const { staff } = agent;
    this.library = staff?.may("read_canned_response") ? new Library(staff) : undefined;
    this.followUps = staff && new FollowUpCount(staff);
    const { subscriber } = config;
    this.#feed = new FeedClient(
      { subscriber, available: this.settings.available, ...(agent.token ? { token: agent.token } : {}) },
      (state) => this.#feedChanged(state),
      env,
      () => upgradeStatus(subscriber, "/joins", agent.token?.()),
    );
    this.feed = this.#feed.state;
    const { token } = agent;
    if (staff && token) {
      this.staffDesk = new StaffDeskClient({ subscriber, token }, (state) => this.#floorChanged(state), env, () => upgradeStatus(subscriber, "/desk", token()));
      this.floor = this.staffDesk.state;
    }
    for (const kept of memory.chats()) this.#hold(new Conversation(kept, agent, config, env, this.#chatChanged));
    this.focused = this.conversations[0]?.id;
    this.panes = this.focused ? [this.focused] : [];
  }

  get unread(): number {
    return this.conversations.reduce((sum, conversation) => sum + conversation.chat.unread, 0);
  }

  /** Everybody who waits for this agent, whatever is looked for. */
  get queue(): readonly Request[] {
    return this.feed.rows.filter((row) => !this.declining.has(row.chatId));
  }

  get waiting(): readonly Request[] {
    return this.queue.filter((row) => finds(this.search, row.username, row.topic, row.firstWords));
  }

  get mine(): readonly Conversation[] {
    return this.conversations.filter((each) => finds(this.search, each.name, each.kept.request.topic, each.lastWords));
  }

  /** Chats that go on. */
  get openChats(): readonly Conversation[] {
    return this.conversations.filter((each) => !each.isOver);
  }

  get inView(): readonly Conversation[] {
    return this.panes.flatMap((id) => this.conversations.find((each) => each.id === id) ?? []);
  }

  /** What to say about the connections: the worst of them. */
  get connection(): "connected" | "connecting" | "reconnecting" | "offline" {
    const { link } = this.feed;
    if (link.kind === "retrying") return link.offline ? "offline" : "reconnecting";
    if (link.kind === "connecting") return "connecting";
    const lost = this.conversations.some((each) => !each.isOver && each.chat.link.kind === "retrying");
    return lost ? "reconnecting" : "connected";
  }

  accept = async (request: Request): Promise<void> => {
    if (this.feed.accepting) return;
    const acceptance = await this.#feed.accept(request.userId);
    const name = request.username ?? t("common.visitor");
    if (acceptance.kind === "taken") {
      this.toast(acceptance.by ? t("console.takenBy", { name, agent: acceptance.by }) : t("console.taken", { name }));
    } else if (acceptance.kind === "failed") {
      this.toast(t("console.acceptFailed", { name }));
    } else {
      this.#take(acceptance.request);
    }
  };

  /** Takes a visitor from a page beside the desk, and goes to the chat. */
  acceptHere = async (request: Request): Promise<void> => {
    await this.accept(request);
    if (this.panes.includes(request.chatId)) toDesk();
  };

  /** @throws {DeskError} */
  takeOver = async (chat: DeskChat): Promise<void> => {
    const supportId = await this.staffDesk?.takeOver(chat.chatId, this.agent.name);
    this.#take(requestOf(chat), supportId);
    toDesk();
  };

  /** Goes to a chat that is this agent's, wherever it was taken. */
  open = (chat: DeskChat): void => {
    if (this.conversations.some((each) => each.id === chat.chatId && !each.isOver)) this.show(chat.chatId);
    else this.#take(requestOf(chat));
    toDesk();
  };

  flag = async (chatId: string, severity: number): Promise<void> => this.staffDesk?.flag(chatId, severity);
  reassign = async (chatId: string, to: string, note: string): Promise<void> => this.staffDesk?.reassign(chatId, to, note);

  /** Gives all open chats back to the queue; `false`: some of them are still here. */
  handBack = async (): Promise<boolean> => {
    const done = await Promise.all(
      this.openChats.map(async (conversation) => {
        conversation.handedOver = true;
        conversation.handedOver = await conversation.release();
        if (conversation.handedOver) this.#drop(conversation.id);
        return conversation.handedOver;
      }),
    );
    return done.every(Boolean);
  };

  acceptNext = (): void => {
    const next = this.waiting[0];
    if (next) void this.accept(next);
  };

  /** Takes a request off this desk; the server is told once it is too late to undo it. */
  decline = (request: Request): void => {
    const { chatId } = request;
    if (this.declining.has(chatId)) return;
    const text = t("console.declined", { name: request.username ?? t("common.visitor") });
    const toast = this.toast(text, { label: t("console.undo"), run: () => this.#undecline(chatId) });
    const timer = this.env.setTimer(() => this.#declineNow(chatId), TOAST_MS);
    this.declining = new Map(this.declining).set(chatId, { request, timer, toast });
  };

  /** What waits to be undone is over now: the page goes. */
  finishDeclines = (): void => {
    for (const chatId of [...this.declining.keys()]) this.#declineNow(chatId);
  };

  setAvailable = (available: boolean): void => {
    this.change({ available });
    this.#feed.setAvailable(available);
  };

  change(settings: Partial<Settings>): void {
    Object.assign(this.settings, settings);
    memory.keepSettings($state.snapshot(this.settings));
  }

  /** Shows a chat in the focused pane, or beside the others. */
  show(id: string, beside = false): void {
    this.shown += 1;
    if (!this.panes.includes(id)) {
      if (beside && this.panes.length < MOST_PANES) this.panes = [...this.panes, id];
      else if (this.panes.length === 0) this.panes = [id];
      else this.panes = this.panes.map((pane) => (pane === this.focused ? id : pane));
    }
    this.focused = id;
  }

  hide = (id: string): void => {
    this.panes = this.panes.filter((pane) => pane !== id);
    if (this.focused === id) this.focused = this.panes[0];
  };

  /** Takes a chat that is over off the desk, and shows the next one. */
  dismiss = (id: string): void => {
    const at = this.conversations.findIndex((each) => each.id === id);
    this.#drop(id);
    const next = this.conversations[Math.min(at, this.conversations.length - 1)];
    if (this.panes.length === 0 && next) this.show(next.id);
  };

  step(by: 1 | -1): void {
    const at = this.conversations.findIndex((each) => each.id === this.focused);
    const next = this.conversations[(at + by + this.conversations.length) % this.conversations.length];
    if (next) this.show(next.id);
  }

  showNextUnread(): void {
    const next = this.conversations.find((each) => each.chat.unread > 0 && each.id !== this.focused);
    if (next) this.show(next.id);
  }

  toast(text: string, action?: Toast["action"]): number {
    const id = ++this.#toasts;
    this.toasts = [...this.toasts, { id, text, ...(action ? { action } : {}) }];
    this.env.setTimer(() => this.#untoast(id), TOAST_MS);
    return id;
  }

  close(): void {
    this.finishDeclines();
    this.#closed = true;
    this.followUps?.close();
    this.library?.close();
    this.#feed.close();
    this.staffDesk?.close();
    for (const conversation of this.conversations) conversation.close();
  }

  #untoast(id: number): void {
    this.toasts = this.toasts.filter((each) => each.id !== id);
  }

  #undecline(chatId: string): void {
    const declined = this.#noLongerDeclining(chatId);
    if (!declined || this.feed.rows.some((row) => row.chatId === chatId)) return;
    this.toast(t("console.lost", { name: declined.username ?? t("common.visitor") }));
  }

  #declineNow(chatId: string): void {
    const declined = this.#noLongerDeclining(chatId);
    if (declined) this.#feed.decline(declined.userId);
  }

  #noLongerDeclining(chatId: string): Request | undefined {
    const declined = this.declining.get(chatId);
    if (!declined) return undefined;
    this.env.clearTimer(declined.timer);
    this.#untoast(declined.toast);
    const others = new Map(this.declining);
    others.delete(chatId);
    this.declining = others;
    return declined.request;
  }

  #hold(conversation: Conversation): void {
    this.conversations = [...this.conversations, conversation];
  }

  #take(request: Request, supportId?: string): void {
    // One that was lost to a colleague may have come back.
    this.#drop(request.chatId);
    this.#dismissed.delete(request.chatId);
    const kept = { request, claimId: this.env.newId(), draft: "", takenAt: Date.now(), ...(supportId ? { supportId } : {}) };
    memory.keepChat(kept);
    this.#hold(new Conversation(kept, this.agent, this.config, this.env, this.#chatChanged));
    this.show(request.chatId);
  }

  #drop(id: string): void {
    this.#dismissed.add(id);
    this.conversations.find((each) => each.id === id)?.close();
    this.conversations = this.conversations.filter((each) => each.id !== id);
    memory.forgetChat(id);
    this.hide(id);
  }

  /** Once: whichever socket hears it first. */
  #refused(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.signInAgain();
  }

  #floorChanged(state: StaffDeskState): void {
    this.floor = state;
    if (state.link.kind === "refused" && state.link.code !== 403) return this.#refused();
    const me = this.agent.staff?.me.id;
    for (const chat of state.chats.values()) {
      if (chat.agentId === me) this.#isMine(chat);
      else this.#dismissed.delete(chat.chatId);
    }
  }

  /** One of this agent's chats, on whatever device it was taken. */
  #isMine(chat: DeskChat): void {
    const known = this.conversations.find((each) => each.id === chat.chatId);
    if (known && chat.claimedAt) known.learn(chat.claimedAt);
    if (known || this.#closed || this.#dismissed.has(chat.chatId)) return;
    const kept = { request: requestOf(chat), claimId: this.env.newId(), draft: "", takenAt: Date.now(), ...(chat.claimedAt ? { claimedAt: chat.claimedAt } : {}) };
    memory.keepChat(kept);
    this.#hold(new Conversation(kept, this.agent, this.config, this.env, this.#chatChanged));
  }

  #feedChanged(state: FeedState): void {
    this.feed = state;
    if (state.link.kind === "refused") return this.#refused();
    if (!state.ready) return;
    const fresh = this.#known ? state.rows.filter((row) => !this.#known?.has(row.chatId)) : [];
    this.#known = new Set([...(this.#known ?? []), ...state.rows.map((row) => row.chatId)]);
    this.#knownGiven(state);
    const newest = fresh.filter((row) => !row.handedOverBy).at(-1);
    if (newest && this.settings.available) this.notifier.request(newest, this.settings);
  }

  /** What is given to this agent is told whether or not the request was seen before, and also to one who is away. */
  #knownGiven(state: FeedState): void {
    const given = state.rows.filter((row) => row.handedOverBy);
    for (const row of given) if (!this.#given.has(row.chatId)) this.notifier.given(row, this.settings);
    this.#given = new Set(given.map((row) => row.chatId));
  }

  #chatChanged = (conversation: Conversation, before: ChatState | undefined): void => {
    const { chat } = conversation;
    if (chat.phase.kind === "refused" && before?.phase.kind !== "refused") return this.#notOurs(conversation);
    const isLost = chat.phase.kind === "over" && chat.phase.reason === "givenAway" && before?.phase.kind !== "over";
    // Where the chat is in view it says so itself.
    if (isLost && !conversation.handedOver && !this.panes.includes(conversation.id)) this.#sayTakenOver(conversation);
    const news = before !== undefined && before.phase.kind !== "joining" && chat.unread > before.unread;
    if (news) this.notifier.message(conversation.id, conversation.name, conversation.lastWords, this.settings, () => this.show(conversation.id));
  };

  /** Who has taken a chat from this agent, in a sentence. */
  takenOver(conversation: Conversation): string {
    const { agentId, agentName } = this.floor?.chats.get(conversation.id) ?? {};
    const name = agentId === this.agent.staff?.me.id ? undefined : agentName;
    return name ? t("console.takenOverBy", { name }) : t("console.takenOver");
  }

  /** By whom comes on another socket, a moment later. */
  #sayTakenOver(conversation: Conversation): void {
    this.env.setTimer(() => this.toast(`${conversation.name}: ${this.takenOver(conversation)}`), BOTH_SOCKETS_MS);
  }

  #notOurs(conversation: Conversation): void {
    const { phase } = conversation.chat;
    if (phase.kind !== "refused") return;
    const { name } = conversation;
    if (phase.code === "unauthorized") return this.#refused();
    if (phase.winner) this.toast(t("console.takenBy", { name, agent: phase.winner }));
    else this.toast(t(phase.code === "already_claimed" ? "console.taken" : "console.lost", { name }));
    this.#drop(conversation.id);
  }
}

function toDesk(): void {
  location.hash = "#/";
}

function requestOf({ chatId, userId, username, platform, topic, askedAt }: DeskChat): Request {
  const about = { ...(username ? { username } : {}), ...(platform ? { platform } : {}), ...(topic ? { topic } : {}) };
  return { participant: "User", userId, chatId, ...about, ...(askedAt ? { requestedAt: askedAt } : {}) };
}
