/** Finds web addresses in what people write. Only http and https become links; everything else stays plain text. */

export type Part = { text: string; href?: string };

const CANDIDATE = /\b(?:https?:\/\/|www\.)[^\s<>"'`]+/gi;
const TRAILING = /[.,;:!?…。，；：！？、]+$/;
const PAIRS: Record<string, string> = { ")": "(", "]": "[", "}": "{", "）": "（" };

/** A sentence's own punctuation is no part of an address, nor is a bracket that was opened before it. */
function trim(candidate: string): string {
  let address = candidate;
  for (;;) {
    const before = address;
    address = address.replace(TRAILING, "");
    const last = address.at(-1) ?? "";
    const opening = PAIRS[last];
    if (opening && address.split(last).length > address.split(opening).length) address = address.slice(0, -1);
    if (address === before) return address;
  }
}

function toHref(address: string): string | undefined {
  try {
    const url = new URL(/^www\./i.test(address) ? `https://${address}` : address);
    const isWeb = url.protocol === "https:" || url.protocol === "http:";
    // A name before an @ is how an address pretends to be another one.
    return isWeb && url.hostname.includes(".") && !url.username ? url.href : undefined;
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
    if (!href) continue;
    if (match.index > done) parts.push({ text: text.slice(done, match.index) });
    parts.push({ text: address, href });
    done = match.index + address.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done) });
  return parts;
}

const PICTURE = /\p{Extended_Pictographic}/u;
const OTHER_THAN_PICTURES = /[^\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\s]/u;

/** A message of one to three emoji is shown larger. */
export function isJustEmoji(text: string): boolean {
  if (text.length > 40 || !PICTURE.test(text) || OTHER_THAN_PICTURES.test(text)) return false;
  return [...new Intl.Segmenter().segment(text.replace(/\s/g, ""))].length <= 3;
}
