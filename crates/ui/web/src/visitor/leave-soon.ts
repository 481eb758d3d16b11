/** Stands where the message for later will be, until that part of the page is there. */
import { h, setText } from "../shared/dom";
import { t } from "../shared/i18n";
import { reach } from "../shared/retriable";
import { memory } from "./memory";
import type { Visit } from "./visit";

export class LeaveSoon {
  readonly elements: HTMLElement[];
  #state = h("p", { className: "state", role: "status" });
  #back: HTMLButtonElement;
  #again: HTMLButtonElement;

  constructor(private readonly visit: Visit) {
    this.#back = h("button", { type: "button", className: "button", onclick: visit.back }, t(visit.keepsPlace ? "visitor.backToChat" : "visitor.back"));
    this.#again = h("button", { type: "button", className: "button primary", hidden: true, onclick: () => void this.#anew() }, t("common.tryAgain"));
    this.elements = [h("div", { className: "start" }, h("h2", {}, t("visitor.leaveMessage")), h("div", { className: "foot" }, this.#again, this.#back, this.#state))];
  }

  focus(): void {
    this.#back.focus();
  }

  show(failures: number): void {
    setText(this.#state, t(failures > 0 ? "visitor.cannotReach" : "visitor.connecting"));
    this.#again.hidden = failures === 0;
  }

  /** After an update of the server the file may be gone for good: the page is loaded anew, and finds the words again. */
  async #anew(): Promise<void> {
    if (!(await reach().then(() => true, () => false))) return;
    memory.keepWish(this.visit.wish.text, true);
    location.reload();
  }
}
