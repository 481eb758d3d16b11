/**
 * The launcher for any site: a button in a shadow root that loads the chat into a frame on the first click.
 *
 * Promises: before the visitor speaks there is no cookie, no storage entry and, until the first click, no request but
 * for this file; nothing of the page's style leaks in or out; no token ever stands in a URL. All of it works under a
 * Content-Security-Policy that names our host in `script-src` and `frame-src`, so nothing here makes style or markup
 * from text.
 */
import { readOptions } from "./options";
import { Panel } from "./panel";
import { recallVisit, rememberVisit } from "./visit";

export interface Identity {
  name?: string;
  email?: string;
  token?: string;
}

declare global {
  interface Window {
    Helpline?: { open(): void; close(): void; identify(identity: Identity): void };
  }
}

const script = document.currentScript;

if (script instanceof HTMLScriptElement && !window.Helpline) {
  const options = readOptions(script);
  const visit = recallVisit();
  const panel = new Panel(options, visit, rememberVisit);
  window.Helpline = {
    open: () => panel.open(),
    close: () => panel.close(),
    identify: (identity) => panel.identify(identity),
  };
  // Outside of the body: sites that navigate by replacing their body leave it alone.
  const attach = () => {
    if (!panel.element.isConnected) document.documentElement.append(panel.element);
  };
  attach();
  new MutationObserver(attach).observe(document.documentElement, { childList: true });
  if (visit.open) panel.open({ quietly: true });
  else if (visit.active) panel.load();
}
