/**
 * One WebSocket that keeps itself alive: it comes back with growing, jittered delays, at once when the network returns,
 * and stops only when the server says that coming back is pointless. It knows nothing of what is said over it.
 *
 * Promise: `onOpen` is called once for each connection, `onText` never before it and never from an earlier socket.
 */
import { afterClose, retryDelay } from "./close";
import type { Environment, SocketLike } from "./environment";
import { toJson } from "./text";
import { SUBPROTOCOL } from "./wire";

export type LinkState =
  | { kind: "connecting" }
  | { kind: "open" }
  /** Lost; `attempt` failures so far. `offline` if the browser itself has no network. */
  | { kind: "retrying"; attempt: number; offline: boolean }
  /** Stopped by this page. */
  | { kind: "over" }
  /** Stopped by the server. */
  | { kind: "refused"; code: number };

export interface LinkEvents {
  onOpen(): void;
  onText(data: unknown): void;
  onState(state: LinkState): void;
  /** Asks over plain HTTP why an upgrade failed, for a browser does not tell a page: the status, if there is one. */
  whyRefused?(): Promise<number | undefined>;
}

/** The subprotocols that carry a token. */
export function bearer(token: string | undefined): string[] {
  return [SUBPROTOCOL, ...(token ? ["bearer", token] : [])];
}

/** The token is not taken, which is no hiccup. */
const FINAL = [401, 403];

/** An upgrade that hangs (a captive portal, a sleeping proxy) is given up after this. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection has to last this long before the delays start from the smallest again. */
const STABLE_MS = 10_000;
/** So many refusals in a row are believed. */
const STRIKES = 3;

export class Link {
  #state: LinkState = { kind: "connecting" };
  #socket: SocketLike | undefined;
  #attempt = 0;
  #strikes = 0;
  #retryTimer: unknown;
  #connectTimer: unknown;
  #openedAt = 0;
  #stopWaking: () => void;

  constructor(
    private readonly url: () => string,
    private readonly protocols: () => string[],
    private readonly events: LinkEvents,
    private readonly env: Environment,
  ) {
    this.#stopWaking = env.onWake((why) => this.#wake(why));
    this.#connect();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Sends a frame if the socket is open; says whether it was handed over. */
  send(frame: unknown): boolean {
    if (this.#state.kind !== "open" || !this.#socket) return false;
    this.#socket.send(toJson(frame));
    return true;
  }

  /** Gives the present socket up, for it is thought to be dead, and connects anew at once. */
  renew(): void {
    if (this.#isFinal()) return;
    this.#dropSocket();
    this.#connect();
  }

  /** Stops for good. */
  stop(): void {
    if (!this.#isFinal()) this.#finish({ kind: "over" });
  }

  #isFinal(): boolean {
    return this.#state.kind === "over" || this.#state.kind === "refused";
  }

  #connect(): void {
    this.env.clearTimer(this.#retryTimer);
    if (this.#attempt === 0) this.#become({ kind: "connecting" });
    const socket = this.env.connect(this.url(), this.protocols());
    this.#socket = socket;
    this.#connectTimer = this.env.setTimer(() => this.#lost(1006), CONNECT_TIMEOUT_MS);
    socket.onopen = () => {
      this.env.clearTimer(this.#connectTimer);
      this.#openedAt = this.env.now();
      this.#become({ kind: "open" });
      this.events.onOpen();
    };
    socket.onmessage = (event) => this.events.onText(event.data);
    socket.onclose = (event) => this.#lost(event.code);
  }

  #lost(code: number): void {
    const wasOpen = this.#state.kind === "open";
    if (wasOpen && this.env.now() - this.#openedAt > STABLE_MS) this.#attempt = this.#strikes = 0;
    this.#dropSocket();
    const after = afterClose(code);
    if (after.kind === "strike") this.#strikes += 1;
    if (after.kind === "refused" || this.#strikes >= STRIKES) return this.#finish({ kind: "refused", code });
    const when = after.kind === "retry" ? after.when : "pause";
    const delay = retryDelay(when, this.#attempt, this.env.random);
    this.#attempt += 1;
    this.#become({ kind: "retrying", attempt: this.#attempt, offline: !this.env.online() });
    this.#retryTimer = this.env.setTimer(() => this.#connect(), delay);
    if (!wasOpen) void this.#askWhy();
  }

  async #askWhy(): Promise<void> {
    const status = await this.events.whyRefused?.();
    // By now it may have been stopped, or have come through after all.
    if (status === undefined || !FINAL.includes(status) || this.#isFinal() || this.#state.kind === "open") return;
    this.#finish({ kind: "refused", code: status });
  }

  #wake(why: "online" | "offline" | "slept"): void {
    if (this.#isFinal()) return;
    if (why === "offline") {
      // A socket without a network looks open for minutes. Coming back is cheap, so the truth is shown at once.
      if (this.#state.kind === "retrying") this.#become({ ...this.#state, offline: true });
      else this.#lost(1006);
      return;
    }
    this.#attempt = 0;
    this.renew();
  }

  #dropSocket(): void {
    this.env.clearTimer(this.#connectTimer);
    this.env.clearTimer(this.#retryTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #finish(state: LinkState): void {
    this.#dropSocket();
    this.#stopWaking();
    this.#become(state);
  }

  #become(state: LinkState): void {
    this.#state = state;
    this.events.onState(state);
  }
}
