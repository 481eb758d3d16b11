/** What the script tag's attributes say: `data-title`, `data-accent`, `data-position`, `data-lang`, texts. */
import { launcher as en } from "../../locales/en.json";
import { launcher as ms } from "../../locales/ms.json";
import { launcher as zh } from "../../locales/zh.json";
import type { FrameOptions } from "./bridge";
import type { Origin } from "./origin";

export type Texts = typeof en;

export interface Options {
  /** Where the chat is, and as a rule this script came from. */
  host: string;
  /** What the site's policy asks of styles, as far as the script tag tells. */
  nonce: string;
  texts: Texts;
  accent: string;
  position: "left" | "right";
  frame: FrameOptions;
}

const LANGUAGES = new Map<string, Texts>(Object.entries({ en, ms, zh }));
const FOR_THE_FRAME = ["title", "accent", "lang", "topic", "welcome", "lead"] as const;

export function readOptions({ dataset, nonce }: Origin, host: string): Options {
  const frame: FrameOptions = {};
  for (const key of FOR_THE_FRAME) {
    const value = dataset[key];
    if (value) frame[key] = value;
  }
  const wanted = [dataset.lang, ...(navigator.languages ?? [])].map((tag) => tag?.toLowerCase().split("-")[0] ?? "");
  const texts = wanted.map((tag) => LANGUAGES.get(tag)).find(Boolean) ?? en;
  return {
    host,
    nonce,
    texts: { ...texts, ...(dataset.label ? { open: dataset.label } : {}) },
    accent: dataset.accent ?? "",
    position: dataset.position === "left" ? "left" : "right",
    frame,
  };
}
