/**
 * What this browser keeps of a visitor: the name, the running chats, words that were not sent. Nothing is written before
 * the visitor speaks.
 *
 * Each tab keeps its chat and its half-written words for itself, so two tabs never overwrite each other's. What a tab
 * held that is gone is taken over by the next one that loads. Promise: words are kept until somebody has them or the
 * visitor throws them away; they may come twice, in a tab that was copied or had crashed, but never not at all.
 */
import type { Registration } from "../client/http";
import type { OutboxStore } from "../client/outbox";
import { emptyOutbox, outboxStore } from "../shared/outbox-store";
import { forget, forgetHere, recall, recallHere, remember, remembered, rememberHere } from "../shared/storage";

const NAME = "helpline.name";
/** The newest chat, which a new tab enters. */
const CHAT = "helpline.chat";
const OUTBOX = "helpline.outbox.";
/** Words of chats that ended unheard, for the next one. */
const LEFTOVER = "helpline.leftover";
const TAB = "helpline.tab.";
const THIS_TAB = "helpline.this-tab";

/** A tab that never said that it goes has crashed, if nothing was written in it for so long. */
const CRASHED_MS = 3_600_000;
/** A tab that is loaded again says that it goes, and is back within this time. */
export const RELOAD_MS = 5_000;

export interface KeptChat extends Registration {
  topic?: string;
}

interface Leftover {
  chatId: string;
  text: string;
}

/** What one tab holds. */
interface Tab {
  chat?: KeptChat;
  draft: string;
  /** Of a message for later. */
  wish: string;
  /** When it was written. */
  at: number;
  /** The tab has been closed, or is about to be loaded again. */
  left: boolean;
}

/** What a page begins with. */
export interface Recalled {
  chat: KeptChat | undefined;
  draft: string;
  wish: string;
}

export function joinWords(...words: (string | undefined)[]): string {
  return [...new Set(words.map((each) => each?.trim()))].filter(Boolean).join("\n");
}

function asChat(value: unknown): KeptChat | undefined {
  const chat = (value ?? {}) as Partial<KeptChat>;
  return typeof chat.chatId === "string" && typeof chat.userId === "string" && typeof chat.username === "string" ? (chat as KeptChat) : undefined;
}

function asTab(value: unknown): Tab {
  const { chat, draft, wish, at, left } = (value ?? {}) as Partial<Record<keyof Tab, unknown>>;
  const text = (each: unknown) => (typeof each === "string" ? each : "");
  const kept = asChat(chat);
  return { ...(kept ? { chat: kept } : {}), draft: text(draft), wish: text(wish), at: Number(at) || 0, left: left === true };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const outboxOf = (chatId: string) => `${OUTBOX}${chatId}.`;

class Memory {
  #id: string | undefined;
  #tab: Tab = asTab(undefined);

  name = (): string => asText(recall(NAME));
  /** The chat that was begun last in this browser and is not over as far as is known here. */
  newest = (): KeptChat | undefined => asChat(recall(CHAT));
  leftover = (): string => asText(recall<Leftover>(LEFTOVER)?.text);
  outbox = (chatId: string): OutboxStore => outboxStore(outboxOf(chatId));

  /** What this tab held before it was loaded again, and what is left of tabs that are gone. */
  load(newId: () => string): Recalled {
    const here = recallHere<Partial<Tab> & { id?: unknown }>(THIS_TAB);
    const [id, own] = [asText(here?.id), asTab(here)];
    // Who holds it still is the tab that this one was copied from, or this one before it crashed. A living tab writes again.
    this.#id = id && asTab(recall(TAB + id)).left ? id : newId();
    if (id) forget(TAB + id);
    // A new tab is opened by somebody who looks for the words; one that is loaded again may meet others that are as well.
    const gone = this.#takeGone(id ? RELOAD_MS : 0);
    const chat = own.chat ?? this.newest() ?? gone.find((each) => each.chat)?.chat;
    this.#tab = { ...own, draft: joinWords(own.draft, this.#wordsOf(gone, chat)), wish: joinWords(own.wish, ...gone.map((each) => each.wish)), left: false };
    if (chat) this.#tab.chat = chat;
    this.#save();
    return { chat, draft: this.#tab.draft, wish: this.#tab.wish };
  }

  /** What tabs that have gone since had not sent. */
  gather(): string {
    const gone = this.#takeGone(RELOAD_MS);
    return joinWords(this.#wordsOf(gone, this.#tab.chat), ...gone.map((each) => each.wish));
  }

  begin(chat: KeptChat, name: string): void {
    remember(NAME, name);
    remember(CHAT, chat);
    forget(LEFTOVER);
    this.#keep({ chat, draft: "", wish: "" });
  }

  /** Goes on with a chat that another tab has begun. */
  enter(chat: KeptChat): void {
    this.#keep({ chat });
  }

  keepDraft(draft: string): void {
    this.#keep({ draft });
  }

  /** Only of somebody who has spoken before, or who is about to load the page anew for it. */
  keepWish(wish: string, anyway = false): void {
    if (anyway || this.name()) this.#keep({ wish });
  }

  /** The chat is over; `unheard` is what nobody has read of it, the same in each tab that had it open. */
  end({ chatId }: KeptChat, unheard: string): void {
    if (this.newest()?.chatId === chatId) forget(CHAT);
    emptyOutbox(outboxOf(chatId));
    const { chat: _chat, ...rest } = this.#tab;
    if (this.#tab.chat?.chatId === chatId) this.#tab = rest;
    const before = recall<Leftover>(LEFTOVER);
    const other = before && before.chatId !== chatId ? asText(before.text) : "";
    const text = joinWords(other, unheard);
    if (text) remember(LEFTOVER, { chatId, text } satisfies Leftover);
    else if (before) forget(LEFTOVER);
    this.#save();
  }

  /** The words have gone another way, such as a message for later. */
  wordsTaken(): void {
    forget(LEFTOVER);
    this.#keep({ draft: "", wish: "" });
  }

  /** The page goes: whoever comes next may have what is held here. */
  leaves(): void {
    this.#tab.left = true;
    this.#save();
  }

  /** A page that was put aside is shown again as it was. */
  isBack(): void {
    this.#keep({ left: false });
  }

  #keep(part: Partial<Tab>): void {
    this.#tab = { ...this.#tab, ...part };
    this.#save();
  }

  #save(): void {
    if (!this.#id) return;
    const { chat, draft, wish } = this.#tab;
    if (!chat && !draft && !wish) {
      if (!recallHere(THIS_TAB)) return;
      forget(TAB + this.#id);
      forgetHere(THIS_TAB);
      return;
    }
    this.#tab.at = Date.now();
    rememberHere(THIS_TAB, { id: this.#id, ...this.#tab });
    remember(TAB + this.#id, this.#tab);
  }

  #takeGone(patienceMs: number): Tab[] {
    return remembered(TAB)
      .filter((key) => key !== TAB + this.#id)
      .flatMap((key) => {
        const tab = asTab(recall(key));
        // By the same machine's clock, which may have been set meanwhile, either way.
        if (Math.abs(Date.now() - tab.at) < (tab.left ? patienceMs : CRASHED_MS)) return [];
        forget(key);
        return [tab];
      });
  }

  /** Half-written words, and what was never sent to a chat that nobody has open now. */
  #wordsOf(gone: Tab[], chat: KeptChat | undefined): string {
    const unsent = gone.map((each) => (each.chat && each.chat.chatId !== chat?.chatId ? joinWords(...emptyOutbox(outboxOf(each.chat.chatId))) : ""));
    return joinWords(...unsent, ...gone.map((each) => each.draft));
  }
}

export const memory = new Memory();
