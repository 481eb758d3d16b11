/** Where the visitor stands in the line, from what the server really knows. */
import type { ChatState } from "../client/chat";
import { h, setText } from "../shared/dom";
import { t } from "../shared/i18n";

export class PlaceInLine {
  readonly element: HTMLElement;
  #place = h("p", { className: "place" });
  #more = h("p", { className: "more" });
  /** Offered while nobody is there who could answer. */
  #leave: HTMLButtonElement;

  constructor(leaveMessage: () => void) {
    const dot = h("span", { className: "dot", attrs: { "aria-hidden": "true" } });
    const said = h("div", { role: "status" }, this.#place, this.#more);
    this.#leave = h("button", { type: "button", className: "button", hidden: true, onclick: leaveMessage }, t("visitor.leaveMessage"));
    this.element = h("div", { className: "place-in-line", hidden: true }, dot, h("div", {}, said, this.#leave));
  }

  /** `hasLeft`: a message was left already. */
  show(chat: ChatState, hasLeft: boolean): void {
    const { queue } = chat;
    // Whoever is on the way to an agent is not left alone.
    const nobody = queue?.agentsOnline === 0 && !chat.handedOver;
    this.element.hidden = chat.phase.kind !== "waiting";
    this.element.classList.toggle("quiet", nobody);
    this.#leave.hidden = !nobody || hasLeft;
    setText(this.#place, this.#placeText(chat, nobody));
    const estimate = nobody || chat.handedOver ? "" : estimateText(queue?.estimateSeconds);
    // One that has been in the chat already knows that it can type.
    const more = nobody ? t("visitor.nobodyMore") : chat.lostAgent === undefined && !chat.handedOver ? t("visitor.keepTyping") : "";
    setText(this.#more, [lostText(chat, nobody), estimate, more].filter(Boolean).join(" "));
  }

  #placeText({ queue, declined, lostAgent, handedOver }: ChatState, nobody: boolean): string {
    if (handedOver) return t("visitor.handedOver", handedOver);
    if (lostAgent) return t("visitor.lostAgent", { name: lostAgent });
    if (nobody) return t("visitor.nobody");
    if (declined) return t("visitor.declined");
    if (!queue) return t("visitor.waiting");
    return queue.position <= 1 ? t("visitor.next") : t("visitor.place", { place: queue.position });
  }
}

/** Whose agent vanished reads first that nothing is lost, and where they stand now. */
function lostText({ lostAgent, queue }: ChatState, nobody: boolean): string {
  if (lostAgent === undefined) return "";
  if (nobody) return lostAgent ? t("visitor.nobodyNow") : "";
  const { position = 0 } = queue ?? {};
  return position > 1 ? t("visitor.lostPlace", { place: position }) : t("visitor.lostNext");
}

function estimateText(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  const minutes = Math.round(seconds / 60);
  return minutes < 1 ? t("visitor.estimateSoon") : t("visitor.estimate", { count: minutes });
}
