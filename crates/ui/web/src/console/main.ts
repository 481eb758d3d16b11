/** Starts the agents' console. */
import { mount } from "svelte";
import texts from "virtual:texts/console";
import { loadConfig } from "../client/http";
import { applyAccent } from "../shared/accent";
import "../shared/base.css";
import { cannotStart } from "../shared/cannot-start";
import { loadTexts, t } from "../shared/i18n";
import { setClockOffset } from "../shared/time";
import App from "./App.svelte";
import { memory } from "./memory";

async function start(): Promise<void> {
  const { language } = memory.settings();
  const wanted = [...(language ? [language] : []), ...(navigator.languages ?? [])];
  const [config] = await Promise.all([loadConfig(), loadTexts(texts, wanted)]);
  setClockOffset(config.clockOffsetMs);
  applyAccent(config.brand.accent);
  document.title = config.brand.title ?? t("console.title");
  const target = document.getElementById("app");
  if (target) mount(App, { target, props: { config, languages: Object.keys(texts) } });
}

start().catch((error: unknown) => cannotStart("Helpline: the console could not be started.", error));
