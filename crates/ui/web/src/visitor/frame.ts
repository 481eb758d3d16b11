/** The frame's end of the bridge to the launcher. */
import type { FrameOptions, ToFrame, ToLauncher } from "../widget/bridge";
import { HELLO } from "../widget/bridge";

export interface Bridge {
  say(message: ToLauncher): void;
  onmessage: (message: ToFrame) => void;
  kept: Record<string, string>;
}

const PATIENCE_MS = 3_000;

export function frameOptions(): FrameOptions {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

/** Waits for the launcher. A page that frames the chat by itself, without a launcher, gets it as well. */
export function meetLauncher(): Promise<Bridge | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    addEventListener("message", function meet(event: MessageEvent) {
      const port = event.ports[0];
      if (event.source !== parent || event.data?.type !== HELLO || !port) return;
      removeEventListener("message", meet);
      clearTimeout(timer);
      const bridge: Bridge = {
        say: (message) => port.postMessage(message),
        onmessage: () => {},
        kept: event.data.kept ?? {},
      };
      port.onmessage = ({ data }: MessageEvent<ToFrame>) => bridge.onmessage(data);
      resolve(bridge);
    });
  });
}
