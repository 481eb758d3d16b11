/** What the server takes, in the units in which it counts, so that a form says it before anything is sent. */
import { charactersOver, codePoints, hasHalfCharacter, isEmail } from "../client/text";
import { t, type TextKey } from "../shared/i18n";

const NAME_CHARACTERS = 64;
const EMAIL_CHARACTERS = 254;
const TOPIC_CHARACTERS = 120;
const COMMENT_CHARACTERS = 1000;
const MESSAGE_BYTES = 4096;

const CONTROL = /\p{Cc}/u;

/** What is wrong with a name, if anything is. `.` and `..` stand in no path: every browser takes them for folders. */
export function nameProblem(name: string): TextKey | undefined {
  const text = name.trim();
  if (text === "" || codePoints(text) > NAME_CHARACTERS) return "visitor.nameProblem";
  return /^\.\.?$/.test(text) || CONTROL.test(text) || hasHalfCharacter(text) ? "visitor.nameUnusable" : undefined;
}

export function emailProblem(email: string): TextKey | undefined {
  const text = email.trim();
  return isEmail(text) && codePoints(text) <= EMAIL_CHARACTERS && !CONTROL.test(text) ? undefined : "visitor.emailProblem";
}

/** What is too long about a message for later, as a sentence. */
export function messageTooLong(text: string): string {
  return tooLong(charactersOver(text.trim(), MESSAGE_BYTES));
}

export function commentTooLong(text: string): string {
  return tooLong(Math.max(0, codePoints(text.trim()) - COMMENT_CHARACTERS));
}

function tooLong(count: number): string {
  return count > 0 ? t("visitor.tooLong", { count }) : "";
}

/** A link may name a topic of any kind; what the server would not take of it is left out. */
export function fittingTopic(topic: string | undefined): string | undefined {
  const visible = [...(topic ?? "").trim()].filter((character) => !CONTROL.test(character) && !hasHalfCharacter(character));
  return visible.slice(0, TOPIC_CHARACTERS).join("").trim() || undefined;
}
