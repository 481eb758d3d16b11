/**
 * The list of canned replies above a composer: open while its text begins with `/`.
 *
 * Promise: while it is open nothing that was typed to find a reply is sent, whatever the list has, does not have yet or
 * cannot get; it says so instead. Escape closes it, and what stands there is a message like any other.
 */
import type { CannedReply } from "../../client/staff";
import { currentLanguage } from "../../shared/i18n";
import type { Conversation } from "../conversation.svelte";
import type { Library } from "./library.svelte";
import { chooseText, fillIn, findReplies, guessLanguage, wantedReply } from "./replies";

export interface Choice {
  reply: CannedReply;
  text: string;
  language: string;
}

export class Picker {
  active = $state(0);
  /** Chosen by the agent for this list; else the visitor's, else the agent's own. */
  language = $state("");
  /** What was typed when somebody wanted to send it, and it was no reply. */
  #unsent = $state("");
  #dismissed = $state("");

  constructor(
    private readonly library: Library,
    private readonly conversation: Conversation,
  ) {}

  get wanted(): string | undefined {
    const { draft } = this.conversation;
    return this.#dismissed && draft.startsWith(this.#dismissed) ? undefined : wantedReply(draft);
  }

  get isOpen(): boolean {
    return this.wanted !== undefined;
  }

  /** Somebody wanted to send what only looks for a reply. */
  get isUnsent(): boolean {
    return this.#unsent !== "" && this.#unsent === this.conversation.draft;
  }

  get languages(): string[] {
    const all = (this.library.replies ?? []).flatMap((reply) => Object.keys(reply.text));
    return [...new Set(all)].sort();
  }

  get choices(): Choice[] {
    const said = this.conversation.chat.lines.flatMap((line) => (line.kind === "message" && line.from === "User" ? [line.content] : []));
    const wishes = [this.language, guessLanguage(said.slice(-5).join(" ")), currentLanguage(), "en"];
    const names = { visitor: this.conversation.name, agent: this.conversation.agent.name };
    return findReplies(this.library.replies ?? [], this.wanted ?? "").map((reply) => {
      const { language, text } = chooseText(reply, wishes);
      return { reply, language, text: fillIn(text, names) };
    });
  }

  pick(choice: Choice): void {
    this.active = 0;
    this.conversation.insert(choice.text);
  }

  dismiss(): void {
    this.#dismissed = this.conversation.draft;
  }

  /** Instead of sending: takes the chosen reply, or says why nothing was sent. */
  held = (): boolean => {
    if (!this.isOpen) return false;
    const choice = this.#chosen;
    if (choice) this.pick(choice);
    else this.#unsent = this.conversation.draft;
    return true;
  };

  get #chosen(): Choice | undefined {
    const { choices } = this;
    return choices[Math.min(this.active, choices.length - 1)];
  }

  /** Keys that are the list's while it is open. */
  key = (event: KeyboardEvent): boolean => {
    if (this.conversation.draft === "") this.#dismissed = "";
    if (!this.isOpen || event.isComposing) return false;
    const { choices } = this;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && choices.length > 0) {
      this.active = (this.active + step + choices.length) % choices.length;
      return true;
    }
    if (event.key === "Enter" && !event.shiftKey) return this.held();
    const choice = this.#chosen;
    if (event.key === "Tab" && !event.shiftKey && choice) {
      this.pick(choice);
      return true;
    }
    if (event.key === "Escape") {
      this.dismiss();
      event.stopPropagation();
      return true;
    }
    if (event.key.length === 1 || event.key === "Backspace") this.active = 0;
    return false;
  };
}
