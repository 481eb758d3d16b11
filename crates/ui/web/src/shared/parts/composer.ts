/** Where one writes. It grows to six lines, keeps what was typed whatever happens around it, and knows input methods. */
import arrowUp from "lucide-static/icons/arrow-up.svg?raw";
import { h, icon, setAttribute } from "../dom";
import { t } from "../i18n";
import "./composer.css";

export interface ComposerOptions {
  send: (text: string) => void;
  input: (text: string) => void;
  /** Sees each key first; `true`: it was for somebody else. */
  key?: (event: KeyboardEvent) => boolean;
  /** Asked before anything is sent, however that was asked for; `true`: not now. */
  held?: () => boolean;
}

/** Enter sends. While an input method composes a word, Enter belongs to it (229 is how Safari says so). */
export function isSendKey(event: KeyboardEvent): boolean {
  const composing = event.isComposing || event.keyCode === 229;
  return event.key === "Enter" && !event.shiftKey && !event.altKey && !event.ctrlKey && !composing;
}

export class Composer {
  readonly element: HTMLFormElement;
  #field: HTMLTextAreaElement;
  #button: HTMLButtonElement;

  constructor(private readonly options: ComposerOptions) {
    const label = t("common.send");
    this.#field = h("textarea", { rows: 1, dir: "auto", enterKeyHint: "send" });
    this.#button = h("button", { type: "submit", title: label, attrs: { "aria-label": label } }, icon(arrowUp));
    this.element = h("form", { className: "composer" }, this.#field, this.#button);
    this.#field.oninput = () => {
      this.#fit();
      options.input(this.#field.value);
    };
    this.#field.onkeydown = (event) => {
      if (options.key?.(event)) event.preventDefault();
      else if (isSendKey(event)) this.#submit(event);
    };
    this.element.onsubmit = (event) => this.#submit(event);
    this.#fit();
  }

  set text(text: string) {
    if (this.#field.value === text) return;
    this.#field.value = text;
    this.#fit();
  }

  set placeholder(text: string) {
    if (this.#field.placeholder === text) return;
    this.#field.placeholder = text;
    setAttribute(this.#field, "aria-label", text);
  }

  focus(): void {
    this.#field.focus();
  }

  /** Called once it stands in the page, where its height can be known. */
  fit(): void {
    this.#fit();
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.#field.value;
    if (!text.trim()) return;
    if (this.options.held?.()) return this.#field.focus();
    this.#field.value = "";
    this.#fit();
    this.#field.focus();
    this.options.send(text);
    this.options.input("");
  }

  #fit(): void {
    this.#button.disabled = this.#field.value.trim() === "";
    this.#field.style.height = "auto";
    if (this.#field.scrollHeight) this.#field.style.height = `${this.#field.scrollHeight}px`;
  }
}
