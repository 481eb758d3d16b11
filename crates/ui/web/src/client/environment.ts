/**
 * Everything the client takes from outside: sockets, timers, time and chance. Tests pass their own, so that hours of
 * reconnecting run in a millisecond.
 */

export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface Environment {
  connect(url: string, protocols: string[]): SocketLike;
  setTimer(run: () => void, afterMs: number): unknown;
  clearTimer(timer: unknown): void;
  /** Milliseconds that only ever rise; for measuring. */
  now(): number;
  /** From 0 up to 1. */
  random(): number;
  /** A new id of letters and digits. */
  newId(): string;
  online(): boolean;
  /**
   * Calls `wake` when the network came back or the machine slept: a socket that looks open may be dead then.
   * Returns a function that stops it.
   */
  onWake(wake: (why: "online" | "offline" | "slept") => void): () => void;
}

const HEARTBEAT_MS = 5_000;
/** A background tab's timers may be held back to once a minute; only a longer gap means sleep. */
const SLEPT_MS = 90_000;
/** The wall clock runs on while the machine sleeps, the measuring clock of most systems does not. */
const CLOCKS_APART_MS = 10_000;

function watchForSleep(slept: () => void): () => void {
  let wall = Date.now();
  let measured = performance.now();
  const timer = setInterval(() => {
    const wallStep = Date.now() - wall;
    const measuredStep = performance.now() - measured;
    wall += wallStep;
    measured += measuredStep;
    if (wallStep > SLEPT_MS || wallStep - measuredStep > CLOCKS_APART_MS) slept();
  }, HEARTBEAT_MS);
  return () => clearInterval(timer);
}

/** A browser refuses at once what it may not do, such as a plain socket from a secure page: that is a lost connection too. */
function connect(url: string, protocols: string[]): SocketLike {
  try {
    return new WebSocket(url, protocols) as unknown as SocketLike;
  } catch (error) {
    console.error(`Helpline: this page cannot connect to ${url}`, error);
    const none: SocketLike = { send: () => {}, close: () => {}, onopen: null, onmessage: null, onclose: null };
    setTimeout(() => none.onclose?.({ code: 1006 }));
    return none;
  }
}

/** The browser's own. */
export function browserEnvironment(): Environment {
  return {
    connect,
    setTimer: (run, afterMs) => setTimeout(run, afterMs),
    clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    now: () => performance.now(),
    random: Math.random,
    newId: () => {
      // randomUUID exists only on secure origins; a page on plain http in an office must work too.
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
    online: () => navigator.onLine,
    onWake: (wake) => {
      const online = () => wake("online");
      const offline = () => wake("offline");
      addEventListener("online", online);
      addEventListener("offline", offline);
      const stopWatching = watchForSleep(() => wake("slept"));
      return () => {
        removeEventListener("online", online);
        removeEventListener("offline", offline);
        stopWatching();
      };
    },
  };
}
