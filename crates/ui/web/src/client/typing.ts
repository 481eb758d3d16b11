/** Says that this side is typing, no more often than the server listens, and falls silent by itself. */
import type { Environment } from "./environment";

/** The server drops what comes faster than one a second; the other side forgets after PEER_FORGETS_MS. */
const REPEAT_MS = 2_500;
const SILENT_AFTER_MS = 4_000;
export const PEER_FORGETS_MS = 6_000;

export class TypingSignal {
  #saidAt = -Infinity;
  #on = false;
  #timer: unknown;

  constructor(
    private readonly send: (on: boolean) => void,
    private readonly env: Environment,
  ) {}

  /** The text in the composer changed. */
  typed(isEmpty: boolean): void {
    this.env.clearTimer(this.#timer);
    if (isEmpty) return this.stop();
    this.#timer = this.env.setTimer(() => this.stop(), SILENT_AFTER_MS);
    if (this.#on && this.env.now() - this.#saidAt < REPEAT_MS) return;
    this.#on = true;
    this.#saidAt = this.env.now();
    this.send(true);
  }

  stop(): void {
    this.env.clearTimer(this.#timer);
    if (!this.#on) return;
    this.#on = false;
    this.send(false);
  }
}
