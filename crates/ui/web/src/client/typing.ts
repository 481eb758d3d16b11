/** Says that this side is typing, no more often than the server listens, and falls silent by itself. */
import type { Environment } from "./environment";

/** The server drops what comes faster than one a second. */
const GAP_MS = 1_100;
/** The other side forgets after PEER_FORGETS_MS, so it is told again before. */
const REPEAT_MS = 2_500;
const SILENT_AFTER_MS = 4_000;
export const PEER_FORGETS_MS = 6_000;

export class TypingSignal {
  #wanted = false;
  #said = false;
  #saidAt = -Infinity;
  #silence: unknown;
  #later: unknown;

  constructor(
    private readonly send: (on: boolean) => void,
    private readonly env: Environment,
  ) {}

  /** The text in the composer changed. */
  typed(isEmpty: boolean): void {
    this.env.clearTimer(this.#silence);
    this.#wanted = !isEmpty;
    if (this.#wanted) this.#silence = this.env.setTimer(() => this.typed(true), SILENT_AFTER_MS);
    this.#say();
  }

  /** The text was sent: the message itself tells the other side that the typing is over. */
  sent(): void {
    for (const timer of [this.#silence, this.#later]) this.env.clearTimer(timer);
    this.#wanted = this.#said = false;
  }

  #say(): void {
    this.env.clearTimer(this.#later);
    const since = this.env.now() - this.#saidAt;
    const isNews = this.#wanted !== this.#said || (this.#wanted && since >= REPEAT_MS);
    if (!isNews) return;
    if (since < GAP_MS) {
      this.#later = this.env.setTimer(() => this.#say(), GAP_MS - since);
      return;
    }
    this.#said = this.#wanted;
    this.#saidAt = this.env.now();
    this.send(this.#wanted);
  }
}
