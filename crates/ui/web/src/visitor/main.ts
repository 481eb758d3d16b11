/** Starts the visitor page, which is also the chat link and the chat inside the widget's frame. */
import texts from "virtual:texts/visitor";
import { loadConfig } from "../client/http";
import { applyAccent } from "../shared/accent";
import "../shared/base.css";
import { cannotStart } from "../shared/cannot-start";
import { loadTexts, t } from "../shared/i18n";
import { keepElsewhere } from "../shared/storage";
import { setClockOffset } from "../shared/time";
import type { FrameOptions, ToFrame } from "../widget/bridge";
import { fittingTopic } from "./checks";
import { frameOptions, meetLauncher, type Bridge } from "./frame";
import { memory } from "./memory";
import { App } from "./app";
import { Visit } from "./visit";

const isFramed = location.pathname === "/embed";

/**
 * A chat link: `/c/TOPIC`, or `/c?name=…&topic=…`. Nothing else of the page may be worded by whoever made the link.
 */
function linkOptions(): FrameOptions & { name?: string } {
  const query = new URLSearchParams(location.search);
  const options: FrameOptions & { name?: string } = {};
  for (const key of ["name", "topic", "lang"] as const) {
    const value = query.get(key)?.trim();
    if (value) options[key] = value;
  }
  const inPath = /^\/c\/([^/]+)/.exec(location.pathname)?.[1];
  if (inPath) options.topic ??= decode(inPath);
  return options;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function connect(visit: Visit, app: App, bridge: Bridge): void {
  // Until the launcher says otherwise its panel is closed: a chat that loads unseen is not read.
  let shown = false;
  visit.watchedWhen(() => shown && document.visibilityState === "visible");
  bridge.onmessage = (message: ToFrame) => {
    if (message.type === "identify") {
      const { type: _type, ...identity } = message;
      visit.identify(identity);
      return;
    }
    shown = message.shown;
    if (shown) visit.sawEverything();
    if (shown && message.focus) app.focus();
  };
  let told = "";
  visit.watch(() => {
    const phase = visit.chat?.phase.kind;
    const active = phase !== undefined && phase !== "over" && phase !== "refused";
    const state = `${visit.unread} ${active} ${phase === "joining"}`;
    if (state === told) return;
    told = state;
    bridge.say({ type: "active", active });
    // Before the history is there nothing is known of what is new, and the launcher shows what it knew.
    if (phase !== "joining") bridge.say({ type: "unread", count: visit.unread });
  });
  bridge.say({ type: "ready" });
}

async function start(): Promise<void> {
  const options = isFramed ? { name: undefined, ...frameOptions() } : linkOptions();
  const wanted = [...(options.lang ? [options.lang] : []), ...(navigator.languages ?? [])];
  const [config, bridge] = await Promise.all([loadConfig(), isFramed ? meetLauncher() : undefined, loadTexts(texts, wanted)]);
  if (bridge) keepElsewhere((values) => bridge.say({ type: "keep", values }), bridge.kept);
  setClockOffset(config.clockOffsetMs);
  applyAccent(config.brand.accent);
  applyAccent(options.accent);

  const title = options.title ?? config.brand.title ?? t("visitor.title");
  document.documentElement.classList.toggle("framed", isFramed);
  const visit = new Visit(config, title, fittingTopic(options.topic), options);
  if (options.name && !visit.chat) visit.name = options.name;
  addEventListener("pagehide", () => memory.leaves());
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) memory.isBack();
  });

  const app = new App(visit, bridge && (() => bridge.say({ type: "close" })));
  if (bridge) connect(visit, app, bridge);
  document.getElementById("app")?.replaceChildren(app.element);
  visit.watch(() => {
    app.show();
    document.title = visit.unread > 0 ? `(${visit.unread}) ${title}` : title;
  });
  if (!isFramed) app.focus();
}

start().catch((error: unknown) => cannotStart("Helpline: the chat could not be started.", error));
