/** Sockets, timers and time under a test's control. */
import type { Environment, SocketLike } from "../src/client/environment";

export class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: { type: string; args: Record<string, unknown> }[] = [];
  closed = false;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  opens(): void {
    this.onopen?.();
  }

  hears(type: string, args: unknown): void {
    this.onmessage?.({ data: JSON.stringify({ type, args }) });
  }

  hearsBare(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  dies(code = 1006): void {
    this.onclose?.({ code });
  }

  said(type: string): Record<string, unknown>[] {
    return this.sent.filter((frame) => frame.type === type).map((frame) => frame.args);
  }
}

interface Timer {
  at: number;
  run: () => void;
}

export class FakeWorld implements Environment {
  readonly sockets: FakeSocket[] = [];
  wake: ((why: "online" | "offline" | "slept") => void) | undefined;
  isOnline = true;
  #now = 0;
  #ids = 0;
  #timers = new Set<Timer>();

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }

  connect = (url: string, protocols: string[]): SocketLike => {
    const socket = new FakeSocket(url, protocols);
    this.sockets.push(socket);
    return socket;
  };

  setTimer = (run: () => void, afterMs: number): unknown => {
    const timer = { at: this.#now + afterMs, run };
    this.#timers.add(timer);
    return timer;
  };

  clearTimer = (timer: unknown): void => {
    this.#timers.delete(timer as Timer);
  };

  now = (): number => this.#now;
  random = (): number => 0.5;
  newId = (): string => `id${++this.#ids}`;
  online = (): boolean => this.isOnline;

  onWake = (wake: (why: "online" | "offline" | "slept") => void): (() => void) => {
    this.wake = wake;
    return () => (this.wake = undefined);
  };

  /** Lets time pass, running each timer when it is due. */
  passes(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = due.at;
      due.run();
    }
    this.#now = until;
  }
}
