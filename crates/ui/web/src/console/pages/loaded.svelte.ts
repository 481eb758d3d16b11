import { onDestroy } from "svelte";
import { StaffError } from "../../client/session";
import { pauseBefore } from "../../shared/pauses";

const AGAIN_MS = 1_000;
/** Whoever is refused will mostly be refused again: there is no hurry to ask once more. */
const REFUSED_FAILURES = 6;

/**
 * Something that was asked of the server: what came, whether it is still coming, whether it failed. What failed is asked
 * for again by itself, with growing pauses, at once when the network is back, and until its component is gone.
 */
export class Loaded<T> {
  value = $state.raw<T>();
  busy = $state(false);
  failed = $state(false);
  #asked = 0;
  #failures = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  /** `patience`: how many failures are not worth a word, for the server may only be a moment behind. */
  constructor(
    private readonly ask: () => Promise<T>,
    private readonly patience = 0,
  ) {
    const online = () => this.#again !== undefined && void this.load();
    addEventListener("online", online);
    onDestroy(() => {
      removeEventListener("online", online);
      this.#asked += 1;
      clearTimeout(this.#again);
    });
  }

  /** Asks (again). Of several answers the one to the last question counts; what was there stays until it comes. */
  load = async (): Promise<void> => {
    const asked = ++this.#asked;
    clearTimeout(this.#again);
    this.#again = undefined;
    this.busy = true;
    try {
      const value = await this.#askPatiently(asked);
      if (asked !== this.#asked) return;
      this.value = value;
      this.failed = false;
      this.#failures = 0;
    } catch (error) {
      if (asked !== this.#asked) return;
      this.failed = true;
      this.#failures += 1;
      const failures = isRefusal(error) ? Math.max(this.#failures, REFUSED_FAILURES) : this.#failures;
      this.#again = setTimeout(() => void this.load(), pauseBefore(failures));
    } finally {
      if (asked === this.#asked) this.busy = false;
    }
  };

  async #askPatiently(asked: number): Promise<T> {
    for (let left = this.patience; ; left--) {
      try {
        return await this.ask();
      } catch (error) {
        if (left <= 0 || asked !== this.#asked) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof StaffError && error.status >= 400 && error.status < 500;
}
