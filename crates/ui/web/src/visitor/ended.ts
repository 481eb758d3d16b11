/** The end, in one sentence, and what can be done now. Nothing that was written is lost. */
import download from "lucide-static/icons/download.svg?raw";
import type { ChatState } from "../client/chat";
import { h, icon } from "../shared/dom";
import { t } from "../shared/i18n";
import { memory } from "./memory";
import type { Visit } from "./visit";

/** Nobody was there at the end. */
const isUnanswered = ({ phase, agentName, lostAgent }: ChatState) =>
  (!agentName || lostAgent !== undefined) && phase.kind === "over" && phase.reason === "silence";

function whatHappened(visit: Visit, chat: ChatState): string {
  const { phase, agentName } = chat;
  if (phase.kind !== "over") return t("visitor.endedRefused");
  if (phase.reason === "byVisitor") return t("visitor.endedByYou");
  if (phase.reason === "byAgent") return t("visitor.endedByAgent", { name: agentName ?? visit.title });
  if (isUnanswered(chat)) return t("visitor.endedUnanswered");
  return t(phase.reason === "silence" ? "visitor.endedSilence" : "visitor.ended");
}

/** Whether there was anybody whose help can be rated. */
export const isRatable = ({ phase, agentName }: ChatState) => agentName !== undefined && phase.kind === "over";

/** `rating`: where the rating has its place. */
export function makeEnded(visit: Visit, chat: ChatState, rating: HTMLElement): HTMLElement {
  const heading = h("h2", { id: "ended", tabIndex: -1 }, whatHappened(visit, chat));
  const again = h("button", { type: "button", className: "button primary", onclick: visit.again }, t("visitor.startNew"));
  const save = h(
    "button",
    { type: "button", className: "button", onclick: visit.saveTranscript },
    icon(download, 18),
    t("common.saveTranscript"),
  );
  const leave = h("button", { type: "button", className: "button", onclick: visit.openWish }, t("visitor.leaveMessage"));
  return h(
    "section",
    { className: "ended", attrs: { "aria-labelledby": heading.id } },
    heading,
    memory.leftover() || visit.draft.trim() ? h("p", { className: "kept" }, t("visitor.wordsKept")) : "",
    rating,
    h("div", { className: "actions" }, again, isUnanswered(chat) && leave, chat.lines.length > 0 && save),
  );
}
