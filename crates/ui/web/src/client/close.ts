/**
 * What each close code asks of a client. The contract's codes are few; every other one (a killed process, a dropped
 * network, a proxy) means the connection was lost, which is never the end of a chat.
 */

export type AfterClose =
  /** Come back; `soon` when the server asked for it, `pause` when it is overloaded, else with growing delays. */
  | { kind: "retry"; when: "soon" | "pause" | "backoff" }
  /** Come back a few times, for a slow network can look like a broken rule; then believe it. */
  | { kind: "strike" }
  /** Coming back the same way would fail the same way. */
  | { kind: "refused" };

export function afterClose(code: number): AfterClose {
  switch (code) {
    // The end of a chat is told by ChatExpired before it. A bare 1000 is a server that missed this machine's pongs,
    // for example while it slept; and whoever comes back to a chat that is over is told so.
    case 1000:
    case 1008:
    case 1009:
      return { kind: "strike" };
    case 1012:
      return { kind: "retry", when: "soon" };
    case 1013:
      return { kind: "retry", when: "pause" };
    case 4401:
      return { kind: "refused" };
    default:
      return { kind: "retry", when: "backoff" };
  }
}

const FIRST_MS = 400;
const LONGEST_MS = 15_000;
const SOON_MS = 1_000;
const PAUSE_MS = 5_000;

/**
 * How long to wait before attempt number `attempt` (from 0). Half of every delay is chance, so that the thousands of
 * pages of a process that died do not come back in one instant.
 */
export function retryDelay(when: "soon" | "pause" | "backoff", attempt: number, random: () => number): number {
  if (attempt === 0 && when === "soon") return random() * SOON_MS;
  const base = when === "pause" ? PAUSE_MS : FIRST_MS;
  const full = Math.min(base * 2 ** Math.min(attempt, 16), when === "pause" ? 2 * LONGEST_MS : LONGEST_MS);
  return full / 2 + (random() * full) / 2;
}
