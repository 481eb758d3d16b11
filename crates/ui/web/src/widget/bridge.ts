/**
 * What the launcher on a customer's page and the chat in its frame say to each other, over a port that only these two
 * hold. The frame never tells who the visitor is; whatever it asks to be kept is kept under the customer's own origin.
 */

export const HELLO = "helpline-hello";

/** Attributes that shape the first paint travel in the frame's fragment, which no server ever sees. */
export interface FrameOptions {
  title?: string;
  accent?: string;
  lang?: string;
  topic?: string;
  welcome?: string;
  lead?: string;
}

export type ToFrame =
  | { type: "shown"; shown: boolean; focus: boolean }
  | { type: "identify"; name?: string | undefined; email?: string | undefined; token?: string | undefined };

export type ToLauncher =
  | { type: "ready" }
  | { type: "close" }
  | { type: "unread"; count: number }
  /** The visitor has spoken, or the chat is over: whether to load the chat at once on the site's next page. */
  | { type: "active"; active: boolean }
  /** This browser gives the frame no storage of its own. */
  | { type: "keep"; values: Record<string, string> };
