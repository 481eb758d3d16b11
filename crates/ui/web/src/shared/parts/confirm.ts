/** Asks before something that cannot be undone. Focus starts on the harmless answer and returns where it came from. */
import { h } from "../dom";
import "./confirm.css";

export interface Question {
  question: string;
  detail: string;
  yes: string;
  no: string;
  /** Nothing is destroyed by agreeing. */
  mild?: boolean;
}

export function confirmThen(ask: Question, agreed: () => void): void {
  const answer = (yes: boolean) => () => {
    dialog.close();
    if (yes) agreed();
  };
  const no = h("button", { type: "button", className: "button", autofocus: true, onclick: answer(false) }, ask.no);
  const yes = h("button", { type: "button", className: `button ${ask.mild ? "primary" : "danger"}`, onclick: answer(true) }, ask.yes);
  const title = h("h2", { id: "confirm-question" }, ask.question);
  const dialog = h(
    "dialog",
    { className: "confirm", attrs: { "aria-labelledby": title.id } },
    title,
    h("p", {}, ask.detail),
    h("div", { className: "answers" }, no, yes),
  );
  // Escape answers no, and is nobody else's Escape.
  dialog.onkeydown = (event) => event.stopPropagation();
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
}
