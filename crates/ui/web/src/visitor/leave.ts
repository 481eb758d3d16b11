/** A message for later, when nobody can answer now: a name, an e-mail to answer to, and the words that were typed already. */
import { h, setAttribute, setText } from "../shared/dom";
import { t, type TextKey } from "../shared/i18n";
import { emailProblem, messageTooLong, nameProblem } from "./checks";
import type { Visit } from "./visit";

export class Leave {
  readonly elements: HTMLElement[];
  #name: HTMLInputElement;
  #email: HTMLInputElement;
  #text: HTMLTextAreaElement;
  #problems = { name: problem("leave-name"), email: problem("leave-email"), text: problem("leave-text") };
  #submit = h("button", { type: "submit", className: "button primary" }, t("visitor.sendMessage"));
  #state = h("p", { className: "state", role: "status" });
  #lead = h("p", { className: "lead", role: "status" });
  #back: HTMLButtonElement;
  #form: HTMLFormElement;
  #home: HTMLButtonElement;
  #thanks = h("h2", { tabIndex: -1 });

  constructor(private readonly visit: Visit) {
    const { wish } = visit;
    this.#name = h("input", { id: "leave-name", className: "input", autocomplete: "name", dir: "auto", value: visit.name });
    this.#email = h("input", { id: "leave-email", className: "input", type: "email", autocomplete: "email", value: wish.email });
    this.#text = h("textarea", { id: "leave-text", className: "input", rows: 5, dir: "auto", value: wish.text });
    this.#name.oninput = () => {
      visit.name = this.#name.value;
      say(this.#name, this.#problems.name, visit.name && textOf(nameProblem(visit.name)));
    };
    this.#email.oninput = () => {
      wish.email = this.#email.value;
      if (!this.#problems.email.hidden) say(this.#email, this.#problems.email, textOf(emailProblem(wish.email)));
    };
    this.#text.oninput = () => {
      visit.wishes(this.#text.value);
      say(this.#text, this.#problems.text, messageTooLong(wish.text));
    };
    // What was written elsewhere may be longer than a message for later can be.
    say(this.#text, this.#problems.text, messageTooLong(wish.text));
    this.#back = h("button", { type: "button", className: "button", onclick: visit.back });
    this.#form = h(
      "form",
      { className: "start", noValidate: true },
      h("div", {}, h("h2", {}, t("visitor.leaveMessage")), this.#lead),
      field("visitor.name", this.#name, this.#problems.name),
      field("visitor.email", this.#email, this.#problems.email),
      field("visitor.message", this.#text, this.#problems.text),
      h("div", { className: "foot" }, this.#submit, this.#back, this.#state),
    );
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      void this.#send();
    };
    this.#home = h("button", { type: "button", className: "button", onclick: visit.back });
    const done = h("div", { className: "start", hidden: true }, this.#thanks, this.#home);
    this.elements = [this.#form, done];
  }

  focus(): void {
    (this.visit.name ? this.#email : this.#name).focus();
  }

  show(): void {
    const { wish } = this.visit;
    const [form, done] = this.elements;
    if (!form || !done) return;
    const { keepsPlace, isExpected } = this.visit;
    setText(this.#lead, t(isExpected ? "visitor.leaveNoNeed" : keepsPlace ? "visitor.leaveMeanwhile" : "visitor.leaveLead"));
    for (const back of [this.#back, this.#home]) setText(back, t(keepsPlace ? "visitor.backToChat" : "visitor.back"));
    this.#submit.disabled = wish.state === "sending";
    setText(this.#submit, t(wish.state === "sending" ? "visitor.sending" : "visitor.sendMessage"));
    setText(this.#state, wish.state === "failed" ? t("visitor.leaveFailed") : wish.state === "slow_down" ? t("visitor.tooMany") : "");
    const sent = wish.state === "sent";
    if (sent && done.hidden) {
      setText(this.#thanks, t("visitor.leftThanks", { email: wish.email.trim() }));
      form.hidden = true;
      done.hidden = false;
      this.#thanks.focus();
    }
  }

  async #send(): Promise<void> {
    const { visit } = this;
    const checks = [
      [this.#name, this.#problems.name, textOf(nameProblem(visit.name))],
      [this.#email, this.#problems.email, textOf(emailProblem(visit.wish.email))],
      [this.#text, this.#problems.text, visit.wish.text.trim() ? messageTooLong(visit.wish.text) : t("visitor.messageProblem")],
    ] as const;
    for (const [input, message, complaint] of checks) say(input, message, complaint);
    const wrong = checks.find(([, , complaint]) => complaint);
    if (wrong) wrong[0].focus();
    else await visit.sendWish();
  }
}

function problem(id: string): HTMLElement {
  return h("p", { className: "error", id: `${id}-problem`, hidden: true });
}

const textOf = (key: TextKey | undefined) => (key ? t(key) : "");

function say(input: HTMLElement, message: HTMLElement, complaint: string): void {
  message.hidden = complaint === "";
  setText(message, complaint);
  setAttribute(input, "aria-invalid", complaint ? "true" : undefined);
  setAttribute(input, "aria-describedby", complaint ? message.id : undefined);
}

function field(label: TextKey, input: HTMLElement, problem: HTMLElement): HTMLElement {
  return h("div", { className: "field" }, h("label", { htmlFor: input.id }, t(label)), input, problem);
}
