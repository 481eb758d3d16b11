/** How long to wait before something that failed is tried again: longer each time, and never the same for everybody. */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** The pause before the try that follows so many failures in a row. */
export function pauseBefore(failures: number, chance: () => number = Math.random): number {
  const pause = Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), LONGEST_MS);
  return pause * (0.75 + chance() / 4);
}
