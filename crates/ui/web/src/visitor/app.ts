/** The visitor page: one column, the brand on top, and whichever stage the visit is at. */
import close from "lucide-static/icons/x.svg?raw";
import download from "lucide-static/icons/download.svg?raw";
import chatIcon from "lucide-static/icons/message-circle.svg?raw";
import type { ChatState } from "../client/chat";
import { h, icon, iconButton, setText } from "../shared/dom";
import { t } from "../shared/i18n";
import { confirmThen } from "../shared/parts/confirm";
import "./app.css";
import { LateParts } from "./late-parts";
import type { Leave } from "./leave";
import { LeaveSoon } from "./leave-soon";
import { Start } from "./start";
import { Talk } from "./talk";
import type { Visit } from "./visit";

type View = Start | Talk | Leave | LeaveSoon;

export class App {
  readonly element: HTMLElement;
  #status = h("p");
  #main = h("main");
  #save: HTMLButtonElement;
  #end: HTMLButtonElement;
  #view: View | undefined;
  #late = new LateParts(() => this.show());

  /** `onclose` is given in a widget's frame, and closes its panel. */
  constructor(
    private readonly visit: Visit,
    onclose: (() => void) | undefined,
  ) {
    this.#save = iconButton(download, t("common.saveTranscript"), visit.saveTranscript);
    this.#end = h("button", { type: "button", className: "end", onclick: () => this.#askToEnd() }, t("common.endChat"));
    const buttons = [this.#save, this.#end, ...(onclose ? [iconButton(close, t("visitor.close"), onclose)] : [])];
    const mark = h("span", { className: "brand-mark" }, icon(chatIcon, 22));
    const words = h("div", { className: "words" }, h("h1", {}, h("bdi", {}, visit.title)), this.#status);
    this.element = h("div", { className: "page" }, h("header", {}, mark, words, ...buttons), this.#main);
    if (onclose) {
      document.addEventListener("keydown", (event) => {
        if (event.key === "Escape") onclose();
      });
    }
  }

  show(): void {
    const { visit } = this;
    const chat = visit.stage === "chat" ? visit.chat : undefined;
    setText(this.#status, this.#statusText(chat));
    this.#save.hidden = !chat || chat.lines.length === 0;
    this.#end.hidden = chat?.phase.kind !== "waiting" && chat?.phase.kind !== "engaged";
    if (visit.stage !== "start") void this.#late.ask();
    if (chat) {
      if (!(this.#view instanceof Talk)) this.#enter(new Talk(visit));
      if (this.#view instanceof Talk) this.#view.show(chat, this.#late.parts);
    } else if (visit.stage === "leave") {
      this.#showLeave();
    } else {
      if (!(this.#view instanceof Start)) this.#enter(new Start(visit));
      if (this.#view instanceof Start) this.#view.show();
    }
  }

  #showLeave(): void {
    const { parts, failures } = this.#late;
    if (parts) {
      if (!(this.#view instanceof parts.Leave)) this.#enter(new parts.Leave(this.visit));
      if (this.#view instanceof parts.Leave) this.#view.show();
    } else {
      if (!(this.#view instanceof LeaveSoon)) this.#enter(new LeaveSoon(this.visit));
      if (this.#view instanceof LeaveSoon) this.#view.show(failures);
    }
  }

  /** Puts the cursor where the visitor writes; not on a phone, whose keyboard would cover what is to be read. */
  focus(): void {
    if (!window.matchMedia?.("(pointer: coarse)").matches) this.#view?.focus();
  }

  #enter(view: View): void {
    if (this.#view instanceof Talk) this.#view.destroy();
    this.#view = view;
    const moved = this.#main.contains(document.activeElement);
    this.#main.replaceChildren(...view.elements);
    if (view instanceof Talk) view.entered();
    if (moved) this.focus();
  }

  #askToEnd(): void {
    const question = t("common.endQuestion");
    confirmThen({ question, detail: t("visitor.endDetail"), yes: t("common.endChat"), no: t("common.keepChatting") }, this.visit.leave);
  }

  #statusText(chat: ChatState | undefined): string {
    const phase = chat?.phase.kind;
    if (phase === "over" || phase === "refused") return t("visitor.statusOver");
    if (chat && phase === "engaged") {
      return chat.agentName ? t("visitor.statusEngaged", { name: chat.agentName }) : t("visitor.statusAnswered");
    }
    return chat ? "" : usuallyText(this.visit.usualWaitSeconds);
  }
}

/** What is just above a minute is not within one. */
function usuallyText(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  return seconds <= 60 ? t("visitor.usuallySoon") : t("visitor.usually", { count: Math.ceil(seconds / 60) });
}
