/** One message. Its direction is its own: an Arabic sentence reads right in an English chat. */
import circleAlert from "lucide-static/icons/circle-alert.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import checkCheck from "lucide-static/icons/check-check.svg?raw";
import clock from "lucide-static/icons/clock-3.svg?raw";
import type { Bubble, Mark } from "../arrange";
import { h, icon } from "../dom";
import { t } from "../i18n";
import { isJustEmoji, linkify } from "../linkify";
import { clockTime, fullTime } from "../time";

export interface BubbleActions {
  retry: (clientId: string) => void;
  discard: (clientId: string) => void;
}

const ICONS: Record<Mark, string> = { sending: clock, waiting: clock, refused: circleAlert, sent: check, seen: checkCheck };

export function makeBubble(bubble: Bubble, name: string | undefined, actions: BubbleActions): HTMLElement {
  // The bubble's corners belong to the page's direction, only its words have one of their own.
  const words = h("div", { dir: "auto" });
  const text = h("div", { className: "bubble", title: fullTime(bubble.at) }, words);
  text.classList.toggle("emoji", isJustEmoji(bubble.content));
  for (const part of linkify(bubble.content)) {
    // A letter to write opens in a program of its own, and needs no window.
    const where = part.href?.startsWith("mailto:") ? {} : { target: "_blank", rel: "noopener noreferrer nofollow ugc" };
    const link = part.href && h("a", { href: part.href, ...where }, part.text);
    words.append(link || part.text);
  }
  // Beside the text, not in it: there it would decide the direction of a sentence in another script.
  const said = bubble.name ?? (bubble.mine ? undefined : name);
  const author = said ? bubble.first && h("span", { className: "name" }, h("bdi", {}, said)) : bubble.mine && h("span", { className: "sr-only" }, t("common.you"));
  const message = h("div", {}, author || "", text, h("div", { className: "meta" }));
  renewBubble(message, bubble, undefined, actions);
  return message;
}

/** Everything about a message but its text may change while it is on its way. */
export function renewBubble(message: HTMLElement, bubble: Bubble, before: Bubble | undefined, actions: BubbleActions): void {
  const { mine, first, last, mark, at } = bubble;
  if (before && before.first === first && before.last === last && before.mark === mark && before.at === at) return;
  message.className = ["message", mine && "mine", first && "first", last && "last", mark].filter(Boolean).join(" ");
  const meta = message.lastElementChild;
  if (!meta) return;
  meta.replaceChildren();
  if (!last && !mark) return;
  meta.append(h("time", { dateTime: new Date(at).toISOString(), dir: "auto" }, clockTime(at)));
  if (mark) meta.append(h("span", { className: "mark" }, icon(ICONS[mark], 14), t(`common.mark_${mark}`)));
  if (mark !== "refused") return;
  const button = (label: string, onclick: () => void) => h("button", { type: "button", onclick }, label);
  meta.append(
    button(t("common.tryAgain"), () => actions.retry(bubble.key)),
    button(t("common.discard"), () => actions.discard(bubble.key)),
  );
}
