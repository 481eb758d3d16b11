/**
 * How text is measured and cut: by what a person sees as one character, by code point, by byte. The server counts the
 * last two, a page's own `maxlength` counts neither.
 */

const encoder = new TextEncoder();

export const byteLength = (text: string): number => encoder.encode(text).length;

/** Code points, as the server counts a name's characters. */
export const codePoints = (text: string): number => [...text].length;

/** Half of a surrogate pair, as a cut emoji leaves it. No wire carries it: JSON with it is refused, a URL cannot be made of it. */
export const hasHalfCharacter = (text: string): boolean => /\p{Surrogate}/u.test(text);

/** The text with the replacement character where half a character stood. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\ufffd");

/** JSON that every reader takes. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? wellFormed(part) : part));
}

/** What a browser without `Intl.Segmenter` (Firefox before 125) takes as one character: near enough to cut between. */
const CLUSTER = /(?:\r\n|\p{Regional_Indicator}{2}|[^])(?:[\p{M}\p{Emoji_Modifier}\u200c\u{e0020}-\u{e007f}]|\u200d\p{Extended_Pictographic}?)*/gu;

/** What a person sees as one character each. */
export function* graphemes(text: string): Generator<string> {
  if ("Segmenter" in Intl) for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) yield segment;
  else for (const [cluster] of text.matchAll(CLUSTER)) yield cluster;
}

/** How many characters at the end of `text` are too many for so many bytes; 0: it fits. */
export function charactersOver(text: string, maxBytes: number): number {
  let [bytes, over] = [0, 0];
  for (const character of graphemes(text)) {
    bytes += byteLength(character);
    if (bytes > maxBytes) over += 1;
  }
  return over;
}

/** Whether this may be an e-mail address: the server refuses what is not, and a page had better not send it. */
export function isEmail(text: string | undefined): text is string {
  return text !== undefined && /^[^\s@]+@[^\s@]+$/.test(text);
}
