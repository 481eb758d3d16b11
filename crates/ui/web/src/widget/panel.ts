/** The button, the panel and the frame in it: one element with a shadow root. */
import { brandTokens } from "../shared/accent";
import { HELLO, type ToFrame, type ToLauncher } from "./bridge";
import type { Options } from "./options";
import sheetText from "./panel.css?inline";
import { drawIcon } from "./icon";
import type { Visit } from "./visit";
import type { Identity } from "./widget";

/** A frame that has not said anything by then is not coming. */
const LOAD_TIMEOUT_MS = 15_000;
const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox";

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", attributes: Record<string, string> = {}): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** A style sheet of the shadow root's own or, in a browser without those, an element, which a page's policy may forbid. */
function addStyle(root: ShadowRoot, nonce: string): HTMLStyleElement | undefined {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(sheetText);
    root.adoptedStyleSheets = [sheet];
    return undefined;
  } catch {
    const style = make("style");
    style.nonce = nonce;
    style.textContent = sheetText;
    root.append(style);
    return style;
  }
}

const UNCHANGED = ["none", "auto", "normal", "1", "visible", ""];
const CHANGES = ["opacity", "filter", "backdropFilter", "transform", "translate", "rotate", "scale", "perspective", "clipPath", "contain", "willChange", "visibility"] as const;

function isRootChanged(): boolean {
  const style = getComputedStyle(document.documentElement);
  return CHANGES.some((name) => !UNCHANGED.includes(style[name] ?? ""));
}

export class Panel {
  readonly element = make("helpline-widget" as "div");
  #root: ShadowRoot;
  #style: HTMLStyleElement | undefined;
  #button: HTMLButtonElement;
  #badge = make("span", "badge");
  #news = make("span", "news", { role: "status" });
  #box: HTMLElement;
  #failed: HTMLButtonElement;
  #frame: HTMLIFrameElement | undefined;
  #port: MessagePort | undefined;
  #identity: Identity | undefined;
  #isOpen = false;
  #wantsFocus = false;
  #loadTimer = 0;

  constructor(
    private readonly options: Options,
    private readonly visit: Visit,
    private readonly remember: (visit: Visit) => void,
  ) {
    const { texts, accent, position, frame } = options;
    this.#root = this.element.attachShadow({ mode: "open" });
    this.#style = addStyle(this.#root, options.nonce);
    for (const [name, value] of Object.entries(brandTokens(accent))) this.element.style.setProperty(name, value);

    this.#button = make("button", "launcher", { type: "button", "aria-expanded": "false", "aria-controls": "panel" });
    this.#button.append(drawIcon("chat"), drawIcon("close"), this.#badge);
    this.#button.onclick = () => (this.#isOpen ? this.close() : this.open());
    this.#failed = make("button", "failed", { type: "button" });
    this.#failed.textContent = texts.failed;
    this.#failed.onclick = () => this.#retry();
    this.#box = make("div", "panel", { id: "panel", role: "dialog", "aria-label": frame.title ?? texts.panel });
    this.#box.append(make("span", "spinner"), this.#failed);
    const wrapper = make("div", position);
    wrapper.append(this.#box, this.#button, this.#news);
    wrapper.onkeydown = (event) => {
      if (event.key === "Escape") this.close();
    };
    this.#root.append(wrapper);
    this.#show();
    addEventListener("load", () => this.rise());
    // The site's page goes, and may have taken the place of what was kept.
    addEventListener("pagehide", () => remember(visit));
    const viewport = window.visualViewport;
    for (const event of ["resize", "scroll"]) viewport?.addEventListener(event, () => this.#fit());
  }

  /** It stands in the page now, which may forbid or spoil how it looks. */
  attached(): void {
    if (this.#style && !this.#style.sheet) {
      this.element.remove();
      throw new Error("the page's policy forbids the style element that this browser needs: give the script tag a nonce of style-src");
    }
    this.rise();
  }

  /**
   * What a page does to its root element (a filter, a transform, `* { opacity: .5 }`) reaches everything in it, but not
   * what stands in the top layer.
   */
  rise(): void {
    const { element } = this;
    if (!element.showPopover || !element.isConnected || element.matches(":popover-open") || !isRootChanged()) return;
    element.popover = "manual";
    element.showPopover();
  }

  open({ quietly = false } = {}): void {
    this.rise();
    this.load();
    this.#isOpen = true;
    this.#wantsFocus = !quietly;
    this.#show();
    if (!quietly) this.#frame?.focus();
  }

  close(): void {
    if (!this.#isOpen) return;
    const hadFocus = this.#root.activeElement !== null;
    this.#isOpen = false;
    this.#show();
    if (hadFocus) this.#button.focus();
  }

  identify({ name, email, token }: Identity): void {
    const identity = { name, email, token };
    this.#identity = identity;
    this.#say({ type: "identify", ...identity });
  }

  /** Loads the chat, seen or unseen. */
  load(): void {
    if (this.#frame) return;
    const { host, frame, texts } = this.options;
    const fragment = new URLSearchParams({ ...frame }).toString();
    const element = make("iframe", "", { src: `${host}/embed#${fragment}`, title: frame.title ?? texts.panel, sandbox: SANDBOX });
    element.allow = "clipboard-write";
    element.onload = () => this.#greet(element);
    this.#frame = element;
    this.#box.classList.remove("broken");
    this.#box.append(element);
    this.#loadTimer = window.setTimeout(() => {
      this.#box.classList.add("broken");
      console.warn(`Helpline: ${host}/embed has not answered. Does the page's policy name it in frame-src?`);
    }, LOAD_TIMEOUT_MS);
  }

  #retry(): void {
    this.#frame?.remove();
    this.#frame = undefined;
    this.load();
  }

  #greet(frame: HTMLIFrameElement): void {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<ToLauncher>) => this.#hear(data);
    frame.contentWindow?.postMessage({ type: HELLO, kept: this.visit.kept }, this.options.host, [port2]);
  }

  #hear(message: ToLauncher): void {
    switch (message.type) {
      case "ready":
        window.clearTimeout(this.#loadTimer);
        this.#box.classList.add("loaded");
        if (this.#identity) this.#say({ type: "identify", ...this.#identity });
        return this.#sayShown();
      case "close":
        return this.close();
      case "unread":
        this.visit.unread = message.count;
        this.#label();
        return this.remember(this.visit);
      case "active":
        this.visit.active = message.active;
        return this.remember(this.visit);
      case "keep":
        this.visit.kept = message.values;
        return this.remember(this.visit);
    }
  }

  #sayShown(): void {
    this.#say({ type: "shown", shown: this.#isOpen, focus: this.#wantsFocus });
  }

  #say(message: ToFrame): void {
    this.#port?.postMessage(message);
  }

  #label(): void {
    const { texts } = this.options;
    const count = this.visit.unread ?? 0;
    const news = count > 0 ? texts.unread.replace("{count}", String(count)) : "";
    this.#badge.textContent = count > 0 ? String(Math.min(count, 99)) : "";
    const spoken = this.#isOpen ? "" : news;
    if (this.#news.textContent !== spoken) this.#news.textContent = spoken;
    this.#button.setAttribute("aria-label", this.#isOpen ? texts.close : [texts.open, news].filter(Boolean).join(", "));
  }

  #show(): void {
    this.#box.hidden = !this.#isOpen;
    this.#button.setAttribute("aria-expanded", String(this.#isOpen));
    this.#label();
    this.#sayShown();
    this.visit.open = this.#isOpen;
    if (this.visit.active) this.remember(this.visit);
    this.#fit();
  }

  /** On a phone the panel fills what the keyboard leaves. */
  #fit(): void {
    const viewport = window.visualViewport;
    if (!viewport) return;
    const { width, height, offsetTop, offsetLeft } = viewport;
    for (const [name, value] of Object.entries({ width, height, top: offsetTop, left: offsetLeft })) {
      this.#box.style.setProperty(`--visible-${name}`, `${value}px`);
    }
  }
}
