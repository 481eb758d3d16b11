/** Something that was asked of the server: what came, whether it is still coming, whether it failed. */
export class Loaded<T> {
  value = $state.raw<T>();
  busy = $state(false);
  failed = $state(false);
  #asked = 0;

  constructor(private readonly ask: () => Promise<T>) {}

  /** Asks (again). Of several answers the one to the last question counts; what was there stays until it comes. */
  load = async (): Promise<void> => {
    const asked = ++this.#asked;
    this.busy = true;
    try {
      const value = await this.ask();
      if (asked !== this.#asked) return;
      this.value = value;
      this.failed = false;
    } catch {
      if (asked === this.#asked) this.failed = true;
    } finally {
      if (asked === this.#asked) this.busy = false;
    }
  };
}
