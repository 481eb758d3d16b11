/**
 * Texts in the reader's language. A page gives its loaders (see scripts/locales.ts), waits once, and calls `t`.
 * Translators edit `locales/*.json`; the check makes sure that every language has every text.
 */
import type en from "../../locales/en.json";

type Sections = typeof en;
/** `section.name` of every text. */
export type TextKey = { [S in keyof Sections]: `${S & string}.${keyof Sections[S] & string}` }[keyof Sections];

type Text = string | Record<string, string>;
export type Texts = Record<string, Record<string, Text>>;
export type Loaders = Record<string, () => Promise<{ default: Texts }>>;

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur", "ps", "yi", "ckb", "dv", "sd", "ug"]);

let texts: Texts = {};
let language = "en";
let plural = new Intl.PluralRules("en");

/** The best of what there is for a list of wishes such as `navigator.languages`. */
export function chooseLanguage(wanted: readonly string[], available: readonly string[]): string {
  for (const wish of wanted) {
    const base = wish.toLowerCase().split("-")[0] ?? "";
    const found = available.find((offer) => offer === wish.toLowerCase()) ?? available.find((offer) => offer === base);
    if (found) return found;
  }
  return "en";
}

/** Loads the texts and tells the document its language and direction. */
export async function loadTexts(loaders: Loaders, wanted: readonly string[]): Promise<void> {
  const chosen = chooseLanguage(wanted, Object.keys(loaders));
  const load = loaders[chosen];
  if (load) useTexts(chosen, (await load()).default);
  document.documentElement.lang = chosen;
  document.documentElement.dir = RIGHT_TO_LEFT.has(chosen) ? "rtl" : "ltr";
}

/** Adds the words of a part of the page that is loaded later, in the language that the page has. */
export async function addTexts(loaders: Loaders): Promise<void> {
  const added = (await loaders[language]?.())?.default;
  if (added) texts = { ...texts, ...added };
}

export function useTexts(chosen: string, loaded: Texts): void {
  language = chosen;
  plural = new Intl.PluralRules(chosen);
  texts = loaded;
}

export function currentLanguage(): string {
  return language;
}

/** The text, with `{name}` filled in. A text with plural forms takes them by `count`. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  const [section = "", name = ""] = key.split(".");
  const text = texts[section]?.[name];
  if (text === undefined) return key;
  const form = typeof text === "string" ? text : (text[plural.select(Number(values.count))] ?? text.other ?? key);
  return form.replace(/\{(\w+)\}/g, (whole, slot: string) => String(values[slot] ?? whole));
}
