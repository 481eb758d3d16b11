/** How was it? One to five stars, each with its word, and a word of one's own; once. */
import star from "lucide-static/icons/star.svg?own&raw";
import { h, icon, setText } from "../shared/dom";
import { t } from "../shared/i18n";
import { commentTooLong } from "./checks";
import "./rating.css";
import type { Visit } from "./visit";

const SCORES = [1, 2, 3, 4, 5] as const;

export function makeRating(visit: Visit): HTMLElement {
  const said = h("p", { className: "state", role: "status" });
  const word = h("textarea", { className: "input", rows: 2, dir: "auto", placeholder: t("visitor.rateWord"), attrs: { "aria-label": t("visitor.rateWord") } });
  const send = h("button", { type: "submit", className: "button small" }, t("visitor.rateSend"));
  const more = h("div", { className: "rating-more", hidden: true }, word, send);
  word.oninput = () => setText(said, commentTooLong(word.value));
  const chosen = h("span", { className: "rating-word", attrs: { "aria-hidden": "true" } });
  let score = 0;

  const choices = SCORES.map((value) => {
    const input = h("input", { type: "radio", name: "rating", value: String(value), attrs: { "aria-label": t(`visitor.rate${value}`) } });
    input.onchange = () => {
      score = value;
      for (const [place, label] of choices.entries()) label.classList.toggle("on", place < value);
      setText(chosen, t(`visitor.rate${value}`));
      more.hidden = false;
    };
    return h("label", { title: t(`visitor.rate${value}`) }, input, icon(star, 26));
  });
  const form = h(
    "form",
    { className: "rating" },
    h("fieldset", {}, h("legend", {}, t("visitor.rateQuestion")), ...choices, chosen),
    more,
    said,
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (score === 0 || send.disabled) return;
    if (commentTooLong(word.value)) return word.focus();
    send.disabled = true;
    const stored = await visit.rate(score, word.value.trim());
    send.disabled = false;
    if (stored) form.replaceChildren(said);
    setText(said, t(stored ? "visitor.rateThanks" : "visitor.rateFailed"));
  };
  return form;
}
