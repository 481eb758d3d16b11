/** The first screen: one field for the name, one for the question, one button. */
import { h, setAttribute, setText } from "../shared/dom";
import { t, type TextKey } from "../shared/i18n";
import { isSendKey } from "../shared/parts/composer";
import { nameProblem } from "./checks";
import type { Visit } from "./visit";

export class Start {
  readonly elements: HTMLElement[];
  #name: HTMLInputElement;
  #nameField: HTMLElement;
  #nameProblem = h("p", { className: "error", id: "name-problem", hidden: true });
  #question: HTMLTextAreaElement;
  #submit = h("button", { type: "submit", className: "button primary" }, t("visitor.startChat"));
  #cancel: HTMLButtonElement;
  #state = h("p", { className: "state", role: "status" });
  /** Offered when nobody is there who could answer. */
  #offer: HTMLElement;

  constructor(private readonly visit: Visit) {
    this.#name = h("input", {
      id: "name",
      className: "input",
      name: "name",
      autocomplete: "name",
      dir: "auto",
      required: true,
      value: visit.name,
      oninput: () => {
        visit.name = this.#name.value;
        this.#showName(visit.name ? nameProblem(visit.name) : undefined);
      },
    });
    this.#question = h("textarea", {
      id: "question",
      className: "input",
      rows: 4,
      dir: "auto",
      placeholder: t("visitor.questionHint"),
      value: visit.question,
      oninput: () => (visit.question = this.#question.value),
      onkeydown: (event) => {
        if (isSendKey(event)) void this.#start(event);
      },
    });
    this.#cancel = h("button", { type: "button", className: "button", onclick: () => visit.giveUp() }, t("visitor.cancel"));

    const { topic, words } = visit;
    const lead = topic ? t("visitor.leadTopic", { topic }) : (words.lead ?? t("visitor.lead"));
    const intro = h("div", {}, h("h2", { dir: "auto" }, words.welcome ?? t("visitor.welcome")), h("p", { className: "lead", dir: "auto" }, lead));
    this.#nameField = h("div", { className: "field" }, h("label", { htmlFor: "name" }, t("visitor.name")), this.#name, this.#nameProblem);
    const optional = h("span", { className: "optional" }, ` ${t("visitor.optional")}`);
    const question = h("div", { className: "field" }, h("label", { htmlFor: "question" }, t("visitor.question"), optional), this.#question);
    const leave = h("button", { type: "button", className: "button", onclick: visit.openWish }, t("visitor.leaveMessage"));
    this.#offer = h("div", { className: "offer", hidden: true }, h("p", {}, t("visitor.leaveOffer")), leave);
    const foot = h("div", { className: "foot" }, this.#submit, this.#cancel, this.#state, this.#offer);
    const form = h("form", { className: "start", noValidate: true }, intro, this.#nameField, question, foot);
    form.onsubmit = (event) => void this.#start(event);
    this.elements = [form];
  }

  focus(): void {
    (this.visit.name ? this.#question : this.#name).focus();
  }

  show(): void {
    const { visit } = this;
    const busy = visit.stage === "registering";
    const badName = visit.problem === "invalid_name" ? (nameProblem(visit.name) ?? "visitor.nameUnusable") : undefined;
    if (document.activeElement !== this.#name) this.#name.value = visit.name;
    // A name that the site gave is not asked for, unless it turned out to be none.
    this.#nameField.hidden = Boolean(visit.identity.name) && !badName;
    this.#showName(badName);
    this.#submit.hidden = busy;
    this.#cancel.hidden = !busy;
    this.#offer.hidden = busy || visit.agentsOnline !== 0;
    setText(this.#state, this.#stateText(busy));
  }

  #showName(problem: TextKey | undefined): void {
    this.#nameProblem.hidden = !problem;
    setText(this.#nameProblem, problem ? t(problem) : "");
    setAttribute(this.#name, "aria-invalid", problem ? "true" : undefined);
    setAttribute(this.#name, "aria-describedby", problem ? "name-problem" : undefined);
  }

  #stateText(busy: boolean): string {
    if (busy) return t(this.visit.problem === "unavailable" ? "visitor.cannotReach" : "visitor.connecting");
    return this.visit.problem === "slow_down" ? t("visitor.tooMany") : "";
  }

  async #start(event: Event): Promise<void> {
    event.preventDefault();
    if (this.visit.stage === "registering") return;
    await this.visit.start();
    if (this.visit.problem === "invalid_name") this.#name.focus();
  }
}
