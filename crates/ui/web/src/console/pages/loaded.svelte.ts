const AGAIN_MS = 1_000;

/** Something that was asked of the server: what came, whether it is still coming, whether it failed. */
export class Loaded<T> {
  value = $state.raw<T>();
  busy = $state(false);
  failed = $state(false);
  #asked = 0;

  /** `patience`: how many failures are not worth a word, for the server may only be a moment behind. */
  constructor(
    private readonly ask: () => Promise<T>,
    private readonly patience = 0,
  ) {}

  /** Asks (again). Of several answers the one to the last question counts; what was there stays until it comes. */
  load = async (): Promise<void> => {
    const asked = ++this.#asked;
    this.busy = true;
    try {
      const value = await this.#askPatiently();
      if (asked !== this.#asked) return;
      this.value = value;
      this.failed = false;
    } catch {
      if (asked === this.#asked) this.failed = true;
    } finally {
      if (asked === this.#asked) this.busy = false;
    }
  };

  async #askPatiently(): Promise<T> {
    for (let left = this.patience; ; left--) {
      try {
        return await this.ask();
      } catch (error) {
        if (left <= 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }
}
