/** The line above the composer that is there only when it is true: the connection, the time left. */
import hourglass from "lucide-static/icons/hourglass.svg?raw";
import wifiOff from "lucide-static/icons/wifi-off.svg?raw";
import type { ChatState } from "../../client/chat";
import { everySecond, h, icon, setText } from "../dom";
import { t } from "../i18n";
import { stopwatch } from "../time";
import "./now.css";

const WARN_MS = 30_000;
/** A hiccup of this length is not worth a word. */
const HICCUP_MS = 1_200;

export class Now {
  readonly element: HTMLElement;
  #connection = h("span");
  #connectionLine: HTMLElement;
  #left = h("span");
  #leftLine: HTMLElement;
  #stay: HTMLButtonElement;
  #chat: ChatState | undefined;
  #lostSince: number | undefined;
  #stop: () => void;

  /** `stay` is offered whenever the chat is about to fall silent. */
  constructor(stay: () => void) {
    this.#connectionLine = h("p", { hidden: true }, icon(wifiOff, 16), this.#connection);
    this.#stay = h("button", { type: "button", className: "button small", hidden: true, onclick: stay }, t("common.stillHere"));
    // A countdown read aloud every second would drown everything else, so only the connection is a live region.
    this.#leftLine = h("p", { hidden: true }, icon(hourglass, 16), this.#left);
    const status = h("div", { role: "status" }, this.#connectionLine);
    this.element = h("div", { className: "now" }, status, h("div", {}, this.#leftLine, this.#stay));
    this.#stop = everySecond(() => this.#draw());
  }

  show(chat: ChatState): void {
    this.#chat = chat;
    if (chat.live) this.#lostSince = undefined;
    else this.#lostSince ??= performance.now();
    this.#draw();
  }

  destroy(): void {
    this.#stop();
  }

  #draw(): void {
    const chat = this.#chat;
    if (!chat) return;
    const connection = this.#connectionText(chat);
    setText(this.#connection, connection);
    this.#connectionLine.hidden = connection === "";

    const left = (chat.expiresAt ?? Infinity) - performance.now();
    const closing = chat.live && left < WARN_MS && left > 0;
    const waits = chat.phase.kind === "waiting";
    this.#leftLine.hidden = !closing;
    this.#stay.hidden = !closing;
    if (closing) setText(this.#left, t(waits ? "common.waitEnds" : "common.closesIn", { time: stopwatch(left) }));
  }

  #connectionText(chat: ChatState): string {
    if (this.#lostSince === undefined || performance.now() - this.#lostSince < HICCUP_MS) return "";
    if (chat.leaving) return t("common.endingOffline");
    if (chat.link.kind === "retrying" && chat.link.offline) return t("common.offline");
    return chat.phase.kind === "joining" ? t("common.connecting") : t("common.reconnecting");
  }
}
