/**
 * This agent's canned replies, fetched when the first `/` is typed and after each change. While they cannot be had they
 * are asked for again, with growing pauses.
 */
import type { CannedReply, Staff } from "../../client/staff";
import { pauseBefore } from "../../shared/pauses";

export class Library {
  replies = $state.raw<readonly CannedReply[]>();
  failed = $state(false);
  #loading: Promise<void> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(readonly staff: Staff) {}

  open(): Promise<void> {
    if (this.replies) return Promise.resolve();
    return this.reload();
  }

  reload(): Promise<void> {
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  close(): void {
    clearTimeout(this.#again);
  }

  async #load(): Promise<void> {
    clearTimeout(this.#again);
    try {
      this.replies = await this.staff.canned();
      this.failed = false;
      this.#failures = 0;
    } catch {
      this.failed = true;
      this.#again = setTimeout(() => void this.reload(), pauseBefore(++this.#failures));
    }
  }
}
