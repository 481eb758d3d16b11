/**
 * A text made ready for searching: two texts find each other if they are the same but for the case of letters, for how accents are put
 * together, for a letter's width and for the dot of an i. The records do the same by the same table (`tests/golden/search.json`).
 */
export function fold(text: string): string {
  // By way of the capitals, so that what has the same capital is the same letter; the capital of a small letter, as ß has. Never by the browser's language: Turkish has other small letters.
  const small = text.normalize("NFKD").toLowerCase().toUpperCase().toLowerCase();
  return small.replaceAll("\u03c2", "\u03c3").replaceAll("i\u0307", "i").normalize("NFKC");
}

/** Whether one of the texts has what was typed into a search field. */
export function finds(search: string, ...texts: readonly (string | null | undefined)[]): boolean {
  const wanted = fold(search.trim());
  return wanted === "" || texts.some((text) => text && fold(text).includes(wanted));
}
