/**
 * Finds addresses in what people write: web and e-mail addresses become links, everything else stays plain text. An
 * address ends where the sentence goes on, in whatever script and with whatever quotes, dashes and brackets.
 */
import { graphemes } from "../client/text";

export type Part = { text: string; href?: string };

const CANDIDATE = /\b(?:https?:\/\/|www\.)[^\s<>"'`]+|(?:mailto:)?[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:\?[^\s<>"'`]*)?/gi;
/** A sentence's own punctuation is no part of an address. */
const TRAILING = /[.,;:!?*~\u00b7\u30fb\u2010\u2011\u2013]+$/;
/** Outside of ASCII every punctuation mark, symbol and invisible sign ends an address; joiners belong to words. */
const ENDS = /(?![\0-\x7f\u200c\u200d])[\p{P}\p{S}\p{Cf}]/u;
/** But for these inside a word: "Michelson–Morley", "l·l", "レオナルド・ダ・ヴィンチ". */
const WITHIN = /[\u00b7\u2010\u2011\u2013]/;
const LATIN = /[\p{Script=Latin}\p{N}]/u;
const KATAKANA_DOT = "\u30fb";
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc]/u;

const BRACKETS = ["()", "[]", "{}", "（）", "［］", "｛｝", "「」", "『』", "【】", "〔〕", "《》", "〈〉"];
const CLOSING = new Map(BRACKETS.map(([open = "", close = ""]) => [open, close]));
const CLOSERS = new Set(CLOSING.values());

/** Where the address that begins `text` ends: at a sign that no address has, or at a bracket that it does not close. */
function endOf(text: string): number {
  const characters = [...text];
  const open: { close: string; at: number }[] = [];
  let at = 0;
  for (const [index, character] of characters.entries()) {
    const [before = "", after = ""] = [characters[index - 1], characters[index + 1]];
    const close = CLOSING.get(character);
    // A wide bracket after a wide letter is part of a title; after anything else it holds a remark.
    if (close && (character < "\x7f" || !/[\0-\x7f]/.test(before))) open.push({ close, at });
    else if (CLOSERS.has(character) && open.at(-1)?.close === character) open.pop();
    else if (close || CLOSERS.has(character)) break;
    else if (WITHIN.test(character) ? !(LATIN.test(before) && LATIN.test(after)) : character === KATAKANA_DOT ? !(CJK.test(before) && CJK.test(after)) : ENDS.test(character)) break;
    at += character.length;
  }
  return open[0]?.at ?? at;
}

/** "shop.example请看": no top-level name is half Latin. */
function withoutWordsAfterHost(address: string): string {
  const host = /^(?:https?:\/\/)?[^/?#]*/i.exec(address)?.[0] ?? "";
  const latin = /\.[a-z0-9-]*[a-z](?=[^\0-\x7f][^.]*$)/i.exec(host);
  return latin ? address.slice(0, latin.index + latin[0].length) : address;
}

function trim(candidate: string): string {
  return withoutWordsAfterHost(candidate.slice(0, endOf(candidate))).replace(TRAILING, "");
}

function toHref(address: string): string | undefined {
  try {
    if (!/^(?:https?:|www\.)/i.test(address)) return new URL(address.replace(/^(?:mailto:)?/i, "mailto:")).href;
    const url = new URL(/^www\./i.test(address) ? `https://${address}` : address);
    // A name before an @ is how an address pretends to be another one.
    return url.hostname.includes(".") && !url.username && !url.password ? url.href : undefined;
  } catch {
    return undefined;
  }
}

export function linkify(text: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const address = trim(match[0]);
    const href = toHref(address);
    // The middle of a longer word is no address.
    if (!href || /[a-z0-9]/i.test(text[match.index - 1] ?? "")) continue;
    if (match.index > done) parts.push({ text: text.slice(done, match.index) });
    parts.push({ text: address, href });
    done = match.index + address.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done) });
  return parts;
}

const OTHER_THAN_PICTURES = /[^\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\s]/u;
/** What is drawn in colours of its own; a bare ✔, ❤ or © is a letter like any other. */
const DRAWN = /\p{Emoji_Presentation}|\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]/u;

/** A message of one to three emoji is shown larger. */
export function isJustEmoji(text: string): boolean {
  if (!text.trim() || text.length > 40 || OTHER_THAN_PICTURES.test(text)) return false;
  const pictures = [...graphemes(text.replace(/\s/g, ""))];
  return pictures.length <= 3 && pictures.every((each) => DRAWN.test(each));
}
