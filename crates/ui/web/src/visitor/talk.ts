/** The conversation with its place in the line, what is true right now above the composer, and the end. */
import type { ChatState } from "../client/chat";
import { h } from "../shared/dom";
import { t } from "../shared/i18n";
import { Composer } from "../shared/parts/composer";
import { Now } from "../shared/parts/now";
import { Thread } from "../shared/parts/thread";
import { isRatable, makeEnded } from "./ended";
import type { Late } from "./late-parts";
import { PlaceInLine } from "./place-in-line";
import type { Visit } from "./visit";

export class Talk {
  readonly elements: HTMLElement[];
  #thread: Thread;
  #place: PlaceInLine;
  #now: Now;
  #composer: Composer;
  #foot: HTMLElement;
  #ended: HTMLElement | undefined;
  /** Where the rating will be. */
  #rating = h("div", { hidden: true });
  #isRatable = false;

  constructor(private readonly visit: Visit) {
    const { retry, discard, sawEverything } = visit;
    this.#thread = new Thread({ me: "User", label: t("common.conversation"), atEnd: sawEverything, retry, discard });
    this.#place = new PlaceInLine(visit.openWish);
    this.#thread.append(this.#place.element);
    this.#now = new Now(visit.stay);
    this.#composer = new Composer({ send: (text) => visit.send(text), input: (text) => visit.typed(text) });
    this.#composer.text = visit.draft;
    visit.ondraft = (text) => (this.#composer.text = text);
    this.#foot = h("div", { className: "talk-foot" }, this.#now.element, this.#composer.element);
    this.elements = [this.#thread.element, this.#foot];
  }

  entered(): void {
    this.#composer.fit();
  }

  focus(): void {
    this.#composer.focus();
  }

  show(chat: ChatState, late: Late | undefined): void {
    this.#place.show(chat, this.visit.wish.state === "sent");
    this.#now.show(chat);
    this.#composer.placeholder = t(chat.phase.kind === "engaged" ? "common.writeMessage" : "visitor.writeMore");
    const over = chat.phase.kind === "over" || chat.phase.kind === "refused";
    if (over && !this.#ended) {
      this.#ended = makeEnded(this.visit, chat, this.#rating);
      this.#foot.replaceWith(this.#ended);
      this.#ended.querySelector("h2")?.focus();
    }
    if (over && late && !this.#isRatable) {
      this.#isRatable = isRatable(chat);
      if (this.#isRatable) this.#rating.replaceWith(late.makeRating(this.visit));
    }
    this.#thread.show(chat, this.visit.agentName);
  }

  destroy(): void {
    this.#thread.destroy();
    this.#now.destroy();
  }
}
