/**
 * A visitor's way through the page: from the first words to the end of the chat. The components only show it.
 */
import { ChatClient, type ChatState } from "../client/chat";
import { browserEnvironment, type Environment } from "../client/environment";
import { availability, leaveMessage, rate, register, type PublicConfig } from "../client/http";
import { isEmail } from "../client/text";
import { t } from "../shared/i18n";
import { saveText, transcriptText } from "../shared/transcript-file";
import { nameProblem } from "./checks";
import { RELOAD_MS, joinWords, memory, type KeptChat } from "./memory";

export interface Identity {
  name?: string;
  email?: string;
  token?: string;
}

export interface Wish {
  email: string;
  text: string;
  state: "writing" | "sending" | "sent" | "failed" | "slow_down";
}

export type StartProblem = "invalid_name" | "slow_down" | "unavailable";

const AGAIN_MS = 3_000;

export class Visit {
  stage: "start" | "registering" | "chat" | "leave" = "start";
  problem: StartProblem | undefined;
  name: string;
  question: string;
  draft: string;
  identity: Identity = {};
  /** In how many seconds visitors are usually answered, if that is known. */
  usualWaitSeconds: number | undefined;
  agentsOnline: number | undefined;
  /** A message for later. */
  readonly wish: Wish = { email: "", text: "", state: "writing" };
  /** What the message for later began with: words that were said or typed elsewhere. */
  #wishBegan = "";
  chat: ChatState | undefined;
  /** Called when the words that are being typed have changed without the visitor. */
  ondraft: (text: string) => void = () => {};
  #client: ChatClient | undefined;
  /** The present chat, or the last one. */
  #kept: KeptChat | undefined;
  /** The chat whose end is taken care of. */
  #ended: string | undefined;
  /** This tab asked to be let into a chat that another tab had begun, and has not heard yet whether that is still there. */
  #isMerging = false;
  #retryTimer: unknown;
  #listeners = new Set<() => void>();
  #watched: () => boolean = () => document.visibilityState === "visible";

  constructor(
    private readonly config: PublicConfig,
    readonly title: string,
    readonly topic: string | undefined,
    /** A site's own words on the first screen. */
    readonly words: { welcome?: string; lead?: string },
    private readonly env: Environment = browserEnvironment(),
  ) {
    this.name = memory.name();
    const { chat, draft, wish } = memory.load(env.newId);
    this.draft = chat ? draft : "";
    this.wish.text = wish;
    this.question = joinWords(memory.leftover(), chat ? "" : draft);
    if (chat) this.#enter(chat);
    else void this.#expect();
    env.setTimer(() => this.#gather(), RELOAD_MS);
  }

  /** Messages of the agent that the visitor has not looked at. */
  get unread(): number {
    return this.chat?.unread ?? 0;
  }

  /** Calls `listener` after every change, and once now. */
  watch(listener: () => void): void {
    this.#listeners.add(listener);
    listener();
  }

  get agentName(): string {
    return this.chat?.agentName ?? "";
  }

  /** Tells who decides whether the visitor looks at the chat: a closed panel does not. */
  watchedWhen(watched: () => boolean): void {
    this.#watched = watched;
  }

  /** The first words: from here on the server knows this visitor. */
  async start(): Promise<void> {
    const name = this.name.trim();
    const again = this.problem === "unavailable";
    if (!again) this.problem = undefined;
    if (nameProblem(name)) return this.#fail("invalid_name");
    const running = memory.newest();
    if (running) return this.#merge(running);
    this.stage = "registering";
    this.#tell();
    const about = { ...(this.topic ? { topic: this.topic } : {}), ...(this.identity.token ? { token: this.identity.token } : {}) };
    const answer = await register(this.config.chatServer, name, about);
    if (this.stage !== "registering") return;
    if (typeof answer === "string") {
      // The network is nobody's fault, and the visitor has already said what they want: keep trying.
      if (answer !== "unavailable") return this.#fail(answer);
      this.problem = answer;
      this.#retryTimer = this.env.setTimer(() => void this.start(), AGAIN_MS);
      return this.#tell();
    }
    const kept: KeptChat = { ...answer, ...(this.topic ? { topic: this.topic } : {}) };
    memory.begin(kept, name);
    this.#enter(kept);
    this.#ask();
  }

  /** Stops trying to reach the server; the words stay. */
  giveUp(): void {
    this.env.clearTimer(this.#retryTimer);
    this.#fail(undefined);
  }

  /** A site may say anything; what is no text is not listened to. */
  identify(identity: object): void {
    const told = Object.entries(identity).filter(([key, value]) => ["name", "email", "token"].includes(key) && typeof value === "string");
    this.identity = Object.fromEntries(told) as Identity;
    if (this.identity.name) this.name = this.identity.name;
    this.#tell();
  }

  send(text: string): void {
    this.#client?.send(text);
  }

  /** The visitor writes a message for later. */
  wishes(text: string): void {
    this.wish.text = text;
    memory.keepWish(text);
  }

  typed(text: string): void {
    this.draft = text;
    this.#client?.typed(text);
    memory.keepDraft(text);
  }

  retry = (clientId: string): void => this.#client?.retry(clientId);
  discard = (clientId: string): void => this.#client?.discard(clientId);
  stay = (): void => this.#client?.stay();
  leave = (): void => this.#client?.leave();

  sawEverything = (): void => {
    if (!this.#watched()) return;
    this.#client?.sawEverything();
  };

  saveTranscript = (): void => {
    const { chat } = this;
    if (!chat) return;
    const names = { User: chat.visitorName ?? t("common.you"), Support: this.agentName || this.title, ...chat.names };
    saveText("chat.txt", transcriptText(this.title, chat.lines, names));
  };

  /** Back to the first page, with whatever was never heard already written there. */
  again = (): void => {
    const typed = joinWords(this.draft, memory.gather());
    memory.keepDraft(typed);
    this.#begins(joinWords(memory.leftover(), typed));
    this.stage = "start";
    this.#tell();
    void this.#expect();
  };

  /** Whether a chat goes on waiting, whatever is shown. */
  get keepsPlace(): boolean {
    return this.chat?.phase.kind === "waiting";
  }

  /** Whether somebody is there for a visitor who is about to leave a message instead of waiting. */
  get isExpected(): boolean {
    return this.keepsPlace && (this.chat?.queue?.agentsOnline ?? 0) > 0;
  }

  /** Instead of waiting, or meanwhile: a message for later, with whatever was typed already written there. */
  openWish = (): void => {
    const { wish, chat } = this;
    if (!wish.text) {
      wish.text = this.#wishBegan = chat && this.keepsPlace ? joinWords(this.#unheard(chat), this.draft) : this.question || joinWords(memory.leftover(), this.draft);
    }
    wish.email ||= this.identity.email ?? "";
    wish.state = "writing";
    if (!this.keepsPlace) this.chat = undefined;
    this.stage = "leave";
    this.#tell();
  };

  /** From the message for later to where the visitor was. */
  back = (): void => {
    if (!this.chat) return this.again();
    this.stage = "chat";
    this.#tell();
  };

  async sendWish(): Promise<void> {
    const { wish } = this;
    if (wish.state === "sending") return;
    wish.state = "sending";
    this.#tell();
    const { chatId, token } = this.#kept ?? {};
    const about = { name: this.name.trim(), email: wish.email.trim(), text: wish.text.trim() };
    // Only who can show the chat's token may say that it is about that chat.
    const withChat = chatId && token ? { ...about, chatId } : about;
    wish.state = await leaveMessage(this.config.chatServer, withChat, token);
    if (wish.state === "sent") {
      if (!this.chat) memory.wordsTaken();
      else memory.keepWish("");
      wish.text = this.question = "";
      if (!this.chat) this.draft = "";
    }
    this.#tell();
  }

  /** Rates the chat that just ended; says whether that was stored. */
  async rate(score: number, comment: string): Promise<boolean> {
    if (!this.#kept) return false;
    return rate(this.config.chatServer, this.#kept, score, comment);
  }

  async #expect(): Promise<void> {
    const told = await availability(this.config.chatServer);
    this.usualWaitSeconds = told?.usualWaitSeconds;
    this.agentsOnline = told?.agentsOnline;
    this.#tell();
  }

  #enter(kept: KeptChat): void {
    this.stage = "chat";
    this.wish.state = "writing";
    this.#kept = kept;
    memory.enter(kept);
    const { chatServer, maxContentBytes, clockOffsetMs } = this.config;
    this.#client = new ChatClient(
      {
        chatServer,
        chatId: kept.chatId,
        userId: kept.userId,
        side: "User",
        name: kept.username,
        username: kept.username,
        clockOffsetMs,
        outbox: memory.outbox(kept.chatId),
        ...(kept.token ? { token: () => kept.token } : {}),
        ...(maxContentBytes ? { maxContentBytes } : {}),
        ...(isEmail(this.identity.email) ? { email: this.identity.email } : {}),
      },
      (state) => this.#changed(state),
      this.env,
    );
    this.#changed(this.#client.state);
  }

  #changed(state: ChatState): void {
    this.chat = state;
    const isOver = state.phase.kind === "over" || state.phase.kind === "refused";
    if (isOver && this.#kept && this.#ended !== this.#kept.chatId) {
      this.#ended = this.#kept.chatId;
      memory.end(this.#kept, this.#unheard(state));
    }
    if (isOver && this.#isMerging) return this.#beginAfterAll();
    if (state.live) this.#isMerging = false;
    if (this.stage === "leave") this.#changedMeanwhile(isOver);
    this.#tell();
  }

  /** The chat has changed while the visitor writes a message for later: that is not taken out of their hands. */
  #changedMeanwhile(isOver: boolean): void {
    const { wish } = this;
    const added = wish.text.startsWith(this.#wishBegan) ? wish.text.slice(this.#wishBegan.length).trim() : wish.text;
    if (isOver) {
      this.chat = undefined;
    } else if (this.chat?.phase.kind === "engaged") {
      // Somebody is there: what was only written for later is now what is being typed.
      if (added && wish.state !== "sent") this.typed([this.draft, added].filter(Boolean).join("\n"));
      this.stage = "chat";
    } else if (this.isExpected && wish.state === "writing" && !added && wish.email === (this.identity.email ?? "")) {
      this.stage = "chat";
    }
  }

  /** Tabs that went while this one was loaded may not have come back. */
  #gather(): void {
    if (this.stage !== "chat" || this.#ended !== undefined) return;
    const typed = joinWords(this.draft, memory.gather());
    if (typed === joinWords(this.draft)) return;
    this.typed(typed);
    this.ondraft(typed);
  }

  /** One visitor is one visitor: what is asked in a second tab is said in the chat that goes on in the first. */
  #merge(running: KeptChat): void {
    this.#isMerging = true;
    this.#enter(running);
    this.#ask();
  }

  /** The other tab's chat was over: this one begins its own after all, with the same words. */
  #beginAfterAll(): void {
    this.#isMerging = false;
    this.#begins(memory.leftover());
    void this.start();
  }

  #begins(question: string): void {
    this.question = question;
    this.draft = "";
    this.chat = undefined;
    this.#client = undefined;
  }

  #ask(): void {
    const question = this.question.trim();
    this.question = this.draft = "";
    memory.keepDraft("");
    if (question) this.#client?.send(question);
  }

  #fail(problem: StartProblem | undefined): void {
    this.problem = problem;
    this.stage = "start";
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** What no agent has read: what was said since one was there, and what was not sent. What is being typed is the tab's own. */
  #unheard(state: ChatState): string {
    const messages = state.lines.filter((line) => line.kind === "message");
    const heard = state.lostAgent === undefined && !state.handedOver ? (state.agentName ? messages.length : 0) : messages.findLastIndex((each) => each.from === "Support") + 1;
    const written = messages.slice(heard).map((message) => message.content);
    const unsent = state.outgoing.map((message) => message.content);
    return [...written, ...unsent].filter(Boolean).join("\n");
  }
}
