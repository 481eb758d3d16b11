/** This agent's canned replies, fetched when the first `/` is typed and after each change. */
import type { CannedReply, Staff } from "../../client/staff";

export class Library {
  replies = $state.raw<readonly CannedReply[]>();
  failed = $state(false);
  #loading: Promise<void> | undefined;

  constructor(readonly staff: Staff) {}

  open(): Promise<void> {
    if (this.replies) return Promise.resolve();
    return this.reload();
  }

  reload(): Promise<void> {
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #load(): Promise<void> {
    try {
      this.replies = await this.staff.canned();
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }
}
