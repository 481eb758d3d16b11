/**
 * The conversation: day dividers, bubbles grouped by author and minute, notes, whispers. It stays at the newest line while the
 * reader is there, and never moves under a reader who scrolled up.
 */
import arrowDown from "lucide-static/icons/arrow-down.svg?raw";
import ear from "lucide-static/icons/ear.svg?raw";
import type { ChatState } from "../../client/chat";
import type { Message, Note, Whisper } from "../../client/transcript";
import type { Side } from "../../client/wire";
import { arrange, type Item } from "../arrange";
import { KeyedList, everySecond, h, icon, setText } from "../dom";
import { t } from "../i18n";
import { clockTime, dayName, isSameDay } from "../time";
import { makeBubble, renewBubble, type BubbleActions } from "./bubble";
import "./thread.css";

export interface ThreadOptions extends BubbleActions {
  me: Side;
  label: string;
  /** The reader has the newest line in view. */
  atEnd: () => void;
}

/** What a thread shows of a chat, whoever looks at it. */
export type Shown = Pick<ChatState, "lines" | "outgoing" | "seen" | "live" | "peerTyping"> & Partial<Pick<ChatState, "supportId" | "names">>;

const NEAR_END_PX = 64;

export class Thread {
  readonly element: HTMLElement;
  #box: HTMLElement;
  #lines: HTMLElement;
  #typing: HTMLElement;
  #newest: HTMLButtonElement;
  #list: KeyedList<Item>;
  #isAtEnd = true;
  #shown: Shown | undefined;
  #otherName: string | undefined;
  #size: ResizeObserver;
  #onVisible = () => this.#measure();
  #drawnAt = Date.now();
  #stopClock: () => void;

  constructor(private readonly options: ThreadOptions) {
    this.#typing = h("p", { className: "typing", hidden: true }, h("span", { className: "sr-only" }), h("i"), h("i"), h("i"));
    this.#newest = h(
      "button",
      { type: "button", className: "newest", hidden: true, onclick: () => this.toEnd() },
      icon(arrowDown, 16),
      t("common.toNewest"),
    );
    this.#lines = h("div", { className: "lines", role: "log", ariaLabel: options.label });
    // Scrolled by keyboard, so it takes focus; a region, so that it has a name when it does.
    this.#box = h("div", { className: "thread", tabIndex: 0, role: "region", ariaLabel: options.label }, this.#lines, this.#typing);
    this.#box.onscroll = () => this.#measure();
    this.element = h("div", { className: "thread-frame" }, this.#box, this.#newest);
    this.#list = new KeyedList<Item>(this.#lines, (item) => this.#make(item), (node, item, before) => this.#renew(node, item, before));
    // The keyboard of a phone and a growing composer take room away at the end.
    this.#size = new ResizeObserver(() => this.#isAtEnd && this.toEnd());
    this.#size.observe(this.#box);
    document.addEventListener("visibilitychange", this.#onVisible);
    addEventListener("focus", this.#onVisible);
    this.#stopClock = everySecond(() => this.#atMidnight());
  }

  /** Something of the page's own after the last line, such as a visitor's place in the queue. */
  append(element: HTMLElement): void {
    this.#box.append(element);
    this.#size.observe(element);
  }

  show(chat: Shown, otherName?: string): void {
    const other: Side = this.options.me === "User" ? "Support" : "User";
    const before = this.#shown;
    const written = before !== undefined && chat.outgoing.length > before.outgoing.length;
    this.#shown = chat;
    this.#otherName = otherName;
    const same =
      before?.lines === chat.lines && before.outgoing === chat.outgoing && before.seen[other] === chat.seen[other] && before.live === chat.live;
    const { me } = this.options;
    const view = { me, seenByOther: chat.seen[other], live: chat.live, nameOf: (message: Message) => nameOf(message, chat) };
    if (!same) this.#list.show(arrange(chat.lines, chat.outgoing, view));
    this.#typing.hidden = !chat.peerTyping;
    if (this.#typing.firstElementChild) setText(this.#typing.firstElementChild, t("common.typing", { name: otherName ?? "" }));
    if (written || this.#isAtEnd) this.toEnd();
    else this.#measure();
  }

  toEnd(): void {
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#measure();
  }

  destroy(): void {
    this.#stopClock();
    this.#size.disconnect();
    document.removeEventListener("visibilitychange", this.#onVisible);
    removeEventListener("focus", this.#onVisible);
  }

  #measure(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#box;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#newest.hidden = this.#isAtEnd;
    if (this.#isAtEnd && this.#box.isConnected) this.options.atEnd();
  }

  /** What was said today was said yesterday from now on. */
  #atMidnight(): void {
    const now = Date.now();
    if (isSameDay(now, this.#drawnAt)) return;
    this.#drawnAt = now;
    this.#list.each((node, item) => item.kind === "day" && setText(node, dayName(item.at)));
  }

  #make(item: Item): HTMLElement {
    if (item.kind === "day") return h("p", { className: "divider" }, dayName(item.at));
    if (item.kind === "note") return h("p", { className: "note", dir: "auto" }, `${noteText(item)}, ${clockTime(item.at)}`);
    if (item.kind === "whisper") return makeWhisper(item);
    return makeBubble(item, item.mine ? undefined : this.#otherName, this.options);
  }

  #renew(node: HTMLElement, item: Item, before: Item): void {
    if (item.kind === "bubble" && before.kind === "bubble") renewBubble(node, item, before, this.options);
  }
}

/** Whoever has the chat now goes without saying; an earlier agent, and whoever is told with the message, does not. */
function nameOf({ name, from, supportId }: Message, chat: Shown): string | undefined {
  if (name) return name;
  const isEarlier = from === "Support" && supportId !== undefined && chat.supportId !== undefined && supportId !== chat.supportId;
  return isEarlier ? (chat.names?.[supportId] ?? t("common.colleague")) : undefined;
}

/** What a note says: the deployment's own words, or ours. */
function noteText({ what, name, text }: Note): string {
  return text ?? t(`common.${what}`, { name });
}

function makeWhisper({ by, content, at }: Whisper): HTMLElement {
  const head = h("p", { className: "by" }, icon(ear, 14), t("common.whispers", { name: by }), h("time", { dir: "auto" }, clockTime(at)));
  return h("div", { className: "whisper" }, head, h("div", { dir: "auto" }, content));
}
