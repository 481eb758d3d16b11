/**
 * The frames of the live-support contract, as the pages use them: the base dialect plus the additions of the
 * `helpline.v1` subprotocol. A server may add fields and frame types; both are ignored here.
 */

export const SUBPROTOCOL = "helpline.v1";

export type Side = "User" | "Support";

/** One stored message. `clientId` is there only on messages that this side sent. */
export interface WireMessage {
  id: string;
  seq: number;
  userId: string;
  supportId?: string;
  content: string;
  timestamp: string;
  from: Side;
  clientId?: string;
}

export interface Joined {
  participant: Side;
  userId: string;
  chatId?: string;
  epoch?: string;
  seq?: number;
  supportId?: string;
  supportUserName?: string;
  text?: string;
  idleTimeoutMs?: number;
}

export interface ChatHistory {
  messages: WireMessage[];
  epoch?: string;
  lastSeq?: number;
  partial?: boolean;
  /** It goes on in a further frame. */
  more?: boolean;
  seen?: Partial<Record<Side, number>>;
  idleTimeoutMs?: number;
  expiresInMs?: number;
  status?: "waiting" | "engaged";
  /** To whom, and by whom, the chat is being given. */
  handedOverTo?: string;
  handedOverBy?: string;
  supportId?: string;
  supportUserName?: string;
  /** The names of the agents who speak in it, by the id with which each joined. */
  agents?: Record<string, string>;
  username?: string;
  email?: string;
  emailVerified?: boolean;
  /** For an agent: how urgent it is, and what a supervisor said. */
  severity?: number;
  whispers?: WireWhisper[];
}

/** What a supervisor said to the agent. */
export interface WireWhisper {
  id: string;
  seq: number;
  by: string;
  content: string;
  timestamp: string;
}

/** News of the chat. */
export interface Room {
  status?: "waiting" | "engaged" | "closed";
  /** For a visitor who waits for that agent: to whom, and by whom, the chat is being given. */
  handedOverTo?: string;
  handedOverBy?: string;
  /** For a visitor whose agent has given the chat back to the queue. */
  givenBack?: boolean;
  /** For its agent only. */
  email?: string;
  emailVerified?: boolean;
  severity?: number;
}

/** How long the chat lives if nothing happens, and how long after something does. */
export interface Life {
  expiresInMs?: number;
  idleTimeoutMs?: number;
}

export interface ChatExpired {
  chatId: string;
  reason?: "left" | "silence";
  by?: Side;
}

export interface Queue {
  position: number;
  waiting: number;
  estimateSeconds?: number;
  agentsOnline?: number;
}

export interface WireError {
  code: string;
  message: string;
  field?: string;
  supportUserName?: string;
  /** The chat holds as much as it may: to wait does not help. */
  full?: boolean;
}

/** What a chat socket receives. */
export type ChatFrame =
  | { type: "Joined"; args: Joined }
  | { type: "ChatMessage"; args: WireMessage }
  | { type: "ChatHistory"; args: ChatHistory }
  | { type: "ChatExpired"; args: ChatExpired }
  | { type: "Error"; args: WireError }
  | { type: "UserLeft"; args: { chatId: string; userId: string } }
  | { type: "SupportLeft"; args: { chatId: string; supportId: string; supportUserName: string; text?: string } }
  | { type: "RequestDeclined"; args: { chatId: string; userId: string } }
  | { type: "Typing"; args: { participant: Side; on: boolean } }
  | { type: "Seen"; args: { participant: Side; seq: number } }
  | { type: "Queue"; args: Queue }
  | { type: "Life"; args: Life }
  | { type: "Room"; args: Room }
  | { type: "Whisper"; args: WireWhisper };

/** A visitor who waits, as the request feed names it: a bare object, without `type` and `args`. */
export interface Request {
  participant: "User";
  userId: string;
  chatId: string;
  username?: string;
  requestedAt?: string;
  /** Since when nobody has it, where an agent has had it before. */
  waitingSince?: string;
  platform?: string;
  topic?: string;
  firstWords?: string;
  /** Who gave the chat to this agent, and what they said about it. */
  handedOverBy?: string;
  note?: string;
  /** How urgent it is, if somebody flagged it: 1 wants attention, 2 or more is urgent. */
  severity?: number;
  /** Its agent vanished, and it waits again. */
  returned?: boolean;
}

/** What a feed socket receives, beside bare requests. */
export type FeedFrame =
  | { type: "RemoveUser"; args: { userId: string; chatId: string } }
  | { type: "Reserved"; args: { userId: string; chatId: string; expiresAt: string } }
  | { type: "Presence"; args: { agentsOnline: number } }
  | { type: "Error"; args: WireError };

/** Parses one text frame; anything that is no object is `undefined`, for a page must outlive a bad frame. */
function parseObject(text: unknown): Record<string, unknown> | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isTyped(value: Record<string, unknown>): boolean {
  return typeof value.type === "string" && typeof value.args === "object" && value.args !== null;
}

/** One frame of type and args, whatever its type, or `undefined` if it is not one. */
export function parseTyped(text: unknown): unknown {
  const value = parseObject(text);
  return value && isTyped(value) ? value : undefined;
}

/** One frame of a chat socket, or `undefined` if it is not one. */
export function parseChatFrame(text: unknown): ChatFrame | undefined {
  return parseTyped(text) as ChatFrame | undefined;
}

/** One frame of the feed: a typed frame or a bare request. */
export function parseFeedFrame(text: unknown): FeedFrame | { type: "Request"; args: Request } | undefined {
  const value = parseObject(text);
  if (!value) return undefined;
  if (isTyped(value)) return value as unknown as FeedFrame;
  const isRequest = value.participant === "User" && typeof value.userId === "string" && typeof value.chatId === "string";
  return isRequest ? { type: "Request", args: value as unknown as Request } : undefined;
}
