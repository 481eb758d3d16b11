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

/** Asks until it is there: without it nobody can work, and a guess could sign somebody out. */
async function untilThere<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let failures = 1; ; failures++) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
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
  if (target) mount(App, { target, props: { config, languages: Object.keys(texts) } });
}

start().catch((error: unknown) => cannotStart("Helpline: the console could not be started.", error));
