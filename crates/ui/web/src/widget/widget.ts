/**
 * The launcher for any site: a button in a shadow root that loads the chat into a frame on the first click.
 *
 * Promises: before the visitor speaks there is no cookie, no storage entry and, until the first click, no request but
 * for this file; nothing of the page's style leaks in or out; no token ever stands in a URL. All of it works under a
 * Content-Security-Policy that names our host in `script-src` and `frame-src`, so nothing here makes style or markup
 * from text.
 */
import { readOptions } from "./options";
import { findOrigin } from "./origin";
import { Panel } from "./panel";
import { recallVisit, rememberVisit } from "./visit";

export interface Identity {
  name?: string | undefined;
  email?: string | undefined;
  token?: string | undefined;
}

declare global {
  interface Window {
    Helpline?: { open(): void; close(): void; identify(identity: Identity): void };
  }
}

/** A page may load this twice, or replace its whole document and keep its window. */
const RUNNING = Symbol.for("helpline.widget");
/** A site that takes the button away so often in a second means it. */
const MOST_RETURNS = 20;

function start(): void {
  if (Reflect.has(window, RUNNING)) return;
  const origin = findOrigin();
  if (!origin.host) {
    console.error('Helpline: nothing says where the chat is. Add data-host="https://…" to the script tag.');
    return;
  }
  Reflect.set(window, RUNNING, true);
  const visit = recallVisit();
  const { open: wasOpen, active } = visit;
  const panel = new Panel(readOptions(origin, origin.host), visit, rememberVisit);
  offer({ open: () => panel.open(), close: () => panel.close(), identify: (identity) => panel.identify(identity) });

  let returns = 0;
  // Outside of the body: sites that navigate by replacing their body leave it alone.
  const attach = () => {
    if (panel.element.isConnected) return;
    if (++returns > MOST_RETURNS) {
      console.warn("Helpline: this page keeps removing the chat button, so it stays away.");
      observer.disconnect();
      return;
    }
    window.setTimeout(() => (returns -= 1), 1_000);
    document.documentElement.append(panel.element);
    panel.attached();
  };
  const observer = new MutationObserver(attach);
  attach();
  observer.observe(document.documentElement, { childList: true });
  if (wasOpen) panel.open({ quietly: true });
  else if (active) panel.load();
}

/** An element whose id is "Helpline" looks like a global and is none; what a site has set itself is not taken away. */
function offer(api: NonNullable<Window["Helpline"]>): void {
  if (!Object.prototype.hasOwnProperty.call(window, "Helpline")) window.Helpline = api;
  else console.warn("Helpline: this page has a window.Helpline of its own, which stays.");
}

try {
  start();
} catch (error) {
  console.error("Helpline: the chat button could not be shown.", error);
}
