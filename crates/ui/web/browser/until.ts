/** Waits for a condition, with a deadline and a message that says what was seen last. */
export async function until<T>(what: string, look: () => T | Promise<T>, holds: (seen: T) => boolean, deadlineMs = 15_000): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
