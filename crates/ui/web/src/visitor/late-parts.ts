/**
 * Parts of the page that are loaded once a visit has begun, so that the first screen is there sooner. They are asked for
 * with growing pauses, and at once when the network is back, until they are there.
 */
import { pauseBefore } from "../shared/pauses";
import { retriable } from "../shared/retriable";

export type Late = typeof import("./late");

const load = retriable<Late>(() => import("./late"));

export class LateParts {
  parts: Late | undefined;
  failures = 0;
  #isAsked = false;

  constructor(private readonly changed: () => void) {}

  async ask(): Promise<void> {
    if (this.#isAsked) return;
    this.#isAsked = true;
    while (!this.parts) {
      try {
        this.parts = await load();
      } catch {
        await this.#told(pauseBefore(++this.failures));
        continue;
      }
      this.changed();
    }
  }

  #told(pauseMs: number): Promise<void> {
    this.changed();
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        removeEventListener("online", go);
        resolve();
      };
      const timer = setTimeout(go, pauseMs);
      addEventListener("online", go);
    });
  }
}
