/** A message for later, when nobody can answer now: a name, an e-mail to answer to, and the words that were typed already. */
import { h, setAttribute, setText } from "../shared/dom";
import { isEmail } from "../shared/email";
import { t } from "../shared/i18n";
import type { Visit } from "./visit";

const NAME_MAX = 64;
const EMAIL_MAX = 254;
const TEXT_MAX = 4000;

export class Leave {
  readonly elements: HTMLElement[];
  #name: HTMLInputElement;
  #email: HTMLInputElement;
  #text: HTMLTextAreaElement;
  #problems = { name: problem("leave-name", "visitor.nameProblem"), email: problem("leave-email", "visitor.emailProblem"), text: problem("leave-text", "visitor.messageProblem") };
  #submit = h("button", { type: "submit", className: "button primary" }, t("visitor.sendMessage"));
  #state = h("p", { className: "state" });
  #lead = h("p", { className: "lead" });
  #back: HTMLButtonElement;
  #form: HTMLFormElement;
  #home: HTMLButtonElement;
  #thanks = h("h2", { tabIndex: -1 });

  constructor(private readonly visit: Visit) {
    const { wish } = visit;
    this.#name = h("input", { id: "leave-name", className: "input", autocomplete: "name", maxLength: NAME_MAX, dir: "auto", value: visit.name });
    this.#email = h("input", { id: "leave-email", className: "input", type: "email", autocomplete: "email", maxLength: EMAIL_MAX, value: wish.email });
    this.#text = h("textarea", { id: "leave-text", className: "input", rows: 5, maxLength: TEXT_MAX, dir: "auto", value: wish.text });
    this.#name.oninput = () => (visit.name = this.#name.value);
    this.#email.oninput = () => (wish.email = this.#email.value);
    this.#text.oninput = () => (wish.text = this.#text.value);
    this.#state.role = "status";
    this.#lead.role = "status";
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
      [this.#name, this.#problems.name, visit.name.trim() !== ""],
      [this.#email, this.#problems.email, isEmail(visit.wish.email.trim())],
      [this.#text, this.#problems.text, visit.wish.text.trim() !== ""],
    ] as const;
    for (const [input, message, fine] of checks) {
      message.hidden = fine;
      setAttribute(input, "aria-invalid", fine ? undefined : "true");
      setAttribute(input, "aria-describedby", fine ? undefined : message.id);
    }
    const wrong = checks.find(([, , fine]) => !fine);
    if (wrong) wrong[0].focus();
    else await visit.sendWish();
  }
}

function problem(id: string, key: Parameters<typeof t>[0]): HTMLElement {
  return h("p", { className: "error", id: `${id}-problem`, hidden: true }, t(key));
}

function field(label: Parameters<typeof t>[0], input: HTMLElement, problem: HTMLElement): HTMLElement {
  return h("div", { className: "field" }, h("label", { htmlFor: input.id }, t(label)), input, problem);
}
