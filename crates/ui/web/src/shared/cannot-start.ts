/** What stands in a page that could not be started: a part of it did not load, or the browser lacks what it needs. */
import { launcher } from "../../locales/en.json";
import { h } from "./dom";

export function cannotStart(what: string, error: unknown): void {
  console.error(what, error);
  const again = h("button", { type: "button", className: "button cannot-start", onclick: () => location.reload() }, launcher.failed);
  document.getElementById("app")?.replaceChildren(again);
}
