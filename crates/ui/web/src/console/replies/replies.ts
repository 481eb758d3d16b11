/** Canned replies: which fit what was typed, in which language, with which names. */
import type { CannedReply } from "../../client/staff";
import { fold } from "../../shared/fold";

/** What is typed behind the `/`, or `undefined` if no reply is being looked for. */
export function wantedReply(draft: string): string | undefined {
  return /^\/[^\n]*$/.test(draft) ? draft.slice(1) : undefined;
}

/** Those whose name or text has every word, the ones named so first. */
export function findReplies(replies: readonly CannedReply[], wanted: string): CannedReply[] {
  const words = fold(wanted).split(/\s+/).filter(Boolean);
  const begins = words.join(" ");
  const rank = ({ name, text }: CannedReply): number => {
    const called = fold(name);
    const all = `${called} ${fold(Object.values(text).join(" "))}`;
    if (!words.every((word) => all.includes(word))) return 0;
    return called.startsWith(begins) ? 3 : words.every((word) => called.includes(word)) ? 2 : 1;
  };
  return replies
    .map((reply) => ({ reply, at: rank(reply) }))
    .filter(({ at }) => at > 0)
    .sort((a, b) => b.at - a.at || a.reply.name.localeCompare(b.reply.name))
    .map(({ reply }) => reply);
}

/** What script a text is in says enough for a first choice; Latin letters say nothing. */
const SCRIPTS: [RegExp, string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, "ja"],
  [/\p{Script=Hangul}/u, "ko"],
  [/\p{Script=Han}/u, "zh"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Hebrew}/u, "he"],
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Thai}/u, "th"],
  [/\p{Script=Tamil}/u, "ta"],
  [/\p{Script=Devanagari}/u, "hi"],
  [/\p{Script=Greek}/u, "el"],
];

export function guessLanguage(words: string): string | undefined {
  return SCRIPTS.find(([script]) => script.test(words))?.[1];
}

/** The language to offer a reply in: the first of `wishes` that it has, else its first. */
export function chooseText({ text }: CannedReply, wishes: readonly (string | undefined)[]): { language: string; text: string } {
  const entries = Object.entries(text);
  const has = (wish: string) => entries.find(([language]) => base(language) === base(wish));
  const found = wishes.flatMap((wish) => (wish ? [has(wish)] : [])).find(Boolean) ?? entries[0] ?? ["", ""];
  return { language: found[0], text: found[1] };
}

export function fillIn(text: string, names: { visitor: string; agent: string }): string {
  return text.replace(/\{(visitor|agent)\}/g, (_, who: "visitor" | "agent") => names[who]);
}

const base = (language: string) => language.toLowerCase().split(/[-_]/)[0] ?? "";
