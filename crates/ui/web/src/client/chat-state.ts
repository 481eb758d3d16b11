/** What a page sees of one side of one chat, and what it has to say to be in it. */
import type { LinkState } from "./link";
import type { Outgoing, OutboxStore } from "./outbox";
import type { Line } from "./transcript";
import type { Queue, Side } from "./wire";

export type EndReason =
  | "byVisitor"
  | "byAgent"
  | "silence"
  /** Not over, but another agent's from now on. */
  | "givenAway"
  | "unknown";

export type Phase =
  | { kind: "joining" }
  | { kind: "waiting" }
  | { kind: "engaged" }
  | { kind: "over"; reason: EndReason }
  /** The server will not let this side in; `winner` is the agent who holds the chat, if it said so. */
  | { kind: "refused"; code: string; winner?: string };

export interface ChatState {
  phase: Phase;
  link: LinkState;
  /** Joined on the present connection: what is sent now is on its way now. */
  live: boolean;
  lines: readonly Line[];
  outgoing: readonly Outgoing[];
  seen: Readonly<Record<Side, number>>;
  /** Messages of the other side, and whispers, that this side has not looked at. */
  unread: number;
  peerTyping: boolean;
  /** Whether the other side is believed to have the chat open. */
  peerHere: boolean;
  /** The agent's name and id once one has joined. */
  agentName: string | undefined;
  supportId: string | undefined;
  /** The names of the agents that are known, by the id with which each joined. */
  names: Readonly<Record<string, string>>;
  /** The visitor's registered name, if the server said it. */
  visitorName: string | undefined;
  /** Where the visitor can be written to, as agents are told. */
  email: string | undefined;
  emailVerified: boolean;
  queue: Queue | undefined;
  /** The agent who vanished, so that the chat waits once more; "" where it is not known who that was. */
  lostAgent: string | undefined;
  /** The two agents between whom the chat is on its way; it waits for the second. */
  handedOver: { by: string; to: string } | undefined;
  /** For an agent: how urgent the chat is; 0: not flagged. */
  severity: number;
  /** Every agent who is there has declined. */
  declined: boolean;
  /** When silence ends the chat, by the environment's clock. */
  expiresAt: number | undefined;
  leaving: boolean;
}

export interface ChatOptions {
  /** Base URL of chat-server, such as `https://chat.example`. */
  chatServer: string;
  chatId: string;
  userId: string;
  side: Side;
  /** The visitor's name for a User, the agent's for a Support. */
  name: string;
  /** What Join's required `username` says, for a Support the visitor's name. */
  username: string;
  /** The newest token, if there is one. */
  token?: () => string | undefined;
  supportId?: string;
  /** Names this claim, so that a server may recognise it when it comes again. */
  claimId?: string;
  email?: string;
  maxContentBytes?: number;
  /** The server's clock minus this machine's, so that what was only seen here has a time that fits the rest. */
  clockOffsetMs?: number;
  outbox?: OutboxStore;
}

/** Before anything was heard. */
export function firstState({ side, name, supportId }: ChatOptions, outgoing: readonly Outgoing[]): ChatState {
  return {
    phase: { kind: "joining" },
    link: { kind: "connecting" },
    live: false,
    lines: [],
    outgoing,
    seen: { User: 0, Support: 0 },
    unread: 0,
    peerTyping: false,
    peerHere: side === "Support",
    agentName: side === "Support" ? name : undefined,
    supportId,
    names: {},
    visitorName: side === "User" ? name : undefined,
    email: undefined,
    emailVerified: false,
    queue: undefined,
    lostAgent: undefined,
    handedOver: undefined,
    severity: 0,
    declined: false,
    expiresAt: undefined,
    leaving: false,
  };
}
