/** Starts the agents' console. */
import { mount } from "svelte";
import texts from "virtual:texts/console";
import { askConfig } from "../client/http";
import { applyAccent } from "../shared/accent";
import "../shared/base.css";
import { cannotStart } from "../shared/cannot-start";
import { loadTexts, t } from "../shared/i18n";
import { setClockOffset } from "../shared/time";
import App from "./App.svelte";
import { memory } from "./memory";
import { pauseBefore } from "../shared/pauses";
import { eachRetriable } from "../shared/retriable";

/** After so many failures in a row it is said. */
const WORTH_A_WORD = 2;

/** Asks until it is there: without it nobody can work, and a guess could sign somebody out. */
async function untilThere<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let failures = 1; ; failures++) {
    let reason: unknown;
    const found = await ask().catch((error: unknown) => void (reason = error));
    if (found !== undefined) return found;
    if (failures === WORTH_A_WORD) cannotStart("Helpline: a part of the console could not be loaded; trying again.", reason);
    await new Promise((resolve) => setTimeout(resolve, pauseBefore(failures)));
  }
}

async function start(): Promise<void> {
  const language = memory.language();
  const wanted = [...(language ? [language] : []), ...(navigator.languages ?? [])];
  const words = eachRetriable(texts);
  const [config] = await Promise.all([untilThere(askConfig), untilThere(() => loadTexts(words, wanted).then(() => true))]);
  setClockOffset(config.clockOffsetMs);
  applyAccent(config.brand.accent);
  document.title = config.brand.title ?? t("console.title");
  const target = document.getElementById("app");
  target?.replaceChildren();
  if (target) mount(App, { target, props: { config, languages: Object.keys(texts) } });
}

start().catch((error: unknown) => cannotStart("Helpline: the console could not be started.", error));
