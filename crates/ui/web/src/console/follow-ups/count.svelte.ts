/** How many people wait for an answer by e-mail; looked at now and then while the page is in view. */
import type { Staff } from "../../client/staff";

const LOOK_MS = 30_000;

export class FollowUpCount {
  open = $state<number>();
  #timer: ReturnType<typeof setInterval>;

  constructor(private readonly staff: Staff) {
    void this.look();
    this.#timer = setInterval(() => document.visibilityState === "visible" && void this.look(), LOOK_MS);
  }

  look = async (): Promise<void> => {
    try {
      this.open = (await this.staff.followUps(false, undefined, 1)).count;
    } catch {
      // The last known number is the best there is.
    }
  };

  close(): void {
    clearInterval(this.#timer);
  }
}
