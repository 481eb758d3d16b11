/** What the script tag's attributes say: `data-title`, `data-accent`, `data-position`, `data-lang`, texts. */
import { launcher as en } from "../../locales/en.json";
import { launcher as ms } from "../../locales/ms.json";
import { launcher as zh } from "../../locales/zh.json";
import type { FrameOptions } from "./bridge";

export type Texts = typeof en;

export interface Options {
  /** Where this script came from, and where the chat is. */
  host: string;
  texts: Texts;
  accent: string;
  position: "left" | "right";
  frame: FrameOptions;
}

const LANGUAGES: Record<string, Texts> = { en, ms, zh };
const FOR_THE_FRAME = ["title", "accent", "lang", "topic", "welcome", "lead"] as const;

export function readOptions(script: HTMLScriptElement): Options {
  const { dataset } = script;
  const frame: FrameOptions = {};
  for (const key of FOR_THE_FRAME) {
    const value = dataset[key];
    if (value) frame[key] = value;
  }
  const wanted = [dataset.lang, ...navigator.languages].map((tag) => tag?.toLowerCase().split("-")[0] ?? "");
  const texts = LANGUAGES[wanted.find((tag) => tag in LANGUAGES) ?? "en"] ?? en;
  return {
    host: new URL(script.src).origin,
    texts: { ...texts, ...(dataset.label ? { open: dataset.label } : {}) },
    accent: dataset.accent ?? "",
    position: dataset.position === "left" ? "left" : "right",
    frame,
  };
}
