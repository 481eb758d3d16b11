/** Starts the agents' console. */
import { mount } from "svelte";
import texts from "virtual:texts/console";
import { loadConfig } from "../client/http";
import { applyAccent } from "../shared/accent";
import "../shared/base.css";
import { loadTexts, t } from "../shared/i18n";
import App from "./App.svelte";
import { memory } from "./memory";

async function start(): Promise<void> {
  const language = memory.language();
  const wanted = [...(language ? [language] : []), ...navigator.languages];
  const [config] = await Promise.all([loadConfig(), loadTexts(texts, wanted)]);
  applyAccent(config.brand.accent);
  document.title = config.brand.title ?? t("console.title");
  const target = document.getElementById("app");
  if (target) mount(App, { target, props: { config, languages: Object.keys(texts) } });
}

void start();
