/** One chat that this agent holds. */
import { ChatClient, type ChatState } from "../client/chat";
import type { Environment } from "../client/environment";
import type { PublicConfig } from "../client/http";
import { t } from "../shared/i18n";
import { saveText, transcriptText } from "../shared/transcript-file";
import type { Agent } from "./account";
import { memory, type KeptChat } from "./memory";

export class Conversation {
  chat = $state.raw<ChatState>() as ChatState;
  draft = $state("");
  /** A note and a tag that somebody is writing and has not saved. */
  note = $state("");
  tag = $state("");
  /** Rises whenever the draft was changed from outside the composer. */
  inserted = $state(0);
  /** When an agent took it first, if that was told: an earlier one, where it came from a colleague. */
  claimedAt = $state<string>();
  /** Given to a colleague from here. */
  handedOver = $state(false);
  #client: ChatClient;

  constructor(
    readonly kept: KeptChat,
    readonly agent: Agent,
    config: PublicConfig,
    env: Environment,
    changed: (conversation: Conversation, before: ChatState | undefined) => void,
  ) {
    const { request, claimId, supportId } = kept;
    this.draft = kept.draft;
    this.note = memory.note(kept.request.chatId);
    this.claimedAt = kept.claimedAt;
    this.#client = new ChatClient(
      {
        chatServer: config.chatServer,
        chatId: request.chatId,
        userId: request.userId,
        side: "Support",
        name: agent.name,
        username: request.username ?? t("common.visitor"),
        claimId,
        clockOffsetMs: config.clockOffsetMs,
        outbox: memory.outbox(request.chatId),
        ...(supportId ? { supportId } : {}),
        ...(agent.token ? { token: agent.token } : {}),
        ...(config.maxContentBytes ? { maxContentBytes: config.maxContentBytes } : {}),
      },
      (state) => {
        const before = this.chat;
        this.chat = state;
        this.#remember(state);
        changed(this, before);
      },
      env,
    );
    this.chat = this.#client.state;
  }

  /** What the desk knows of when it was taken. */
  learn(claimedAt: string): void {
    if (this.isOver || claimedAt === this.claimedAt) return;
    this.claimedAt = this.kept.claimedAt = claimedAt;
    memory.keepChat({ ...this.kept, draft: this.draft });
  }

  get id(): string {
    return this.kept.request.chatId;
  }

  get name(): string {
    return this.chat.visitorName || this.kept.request.username || t("common.visitor");
  }

  get isOver(): boolean {
    return this.chat.phase.kind === "over" || this.chat.phase.kind === "refused";
  }

  /** The newest thing said, in one line. */
  get lastWords(): string {
    const unsent = this.chat.outgoing.at(-1);
    const line = this.chat.lines.findLast((each) => each.kind !== "note");
    return unsent?.content ?? line?.content ?? this.kept.request.firstWords ?? "";
  }

  /** Puts other words into the composer. */
  insert = (text: string): void => {
    this.typed(text);
    this.inserted += 1;
  };

  send = (text: string): void => this.#client.send(text);
  retry = (clientId: string): void => this.#client.retry(clientId);
  discard = (clientId: string): void => this.#client.discard(clientId);
  stay = (): void => this.#client.stay();
  release = (): Promise<boolean> => this.#client.release();
  leave = (): void => this.#client.leave();
  close = (): void => this.#client.close();
  sawEverything = (): void => this.#client.sawEverything();

  typed = (text: string): void => {
    this.draft = text;
    this.#client.typed(text);
    if (!this.isOver) memory.keepChat({ ...this.kept, draft: text });
  };

  noted = (text: string): void => {
    this.note = text;
    memory.keepNote(this.id, text);
  };

  saveTranscript = (): void => {
    const names = { User: this.name, Support: this.agent.name, ...this.chat.names };
    saveText(`chat-${this.id.slice(0, 8)}.txt`, transcriptText(this.name, this.chat.lines, names));
  };

  #remember(state: ChatState): void {
    // Whoever is no longer signed in finds the chat, the draft and what was not sent after signing in again.
    if (state.phase.kind === "refused" && state.phase.code === "unauthorized") return;
    if (this.isOver) memory.forgetChat(this.id);
    else if (state.supportId && state.supportId !== this.kept.supportId) {
      this.kept.supportId = state.supportId;
      memory.keepChat({ ...this.kept, draft: this.draft });
    }
  }
}
