/** The frames of the staff desk's socket (docs/desk.md), as the pages use them. Unknown fields and types are ignored. */
import type { Role } from "./session";
import { parseTyped, type Side, type WireError } from "./wire";

/** Somebody who works here and is online. */
export interface Member {
  id: string;
  name: string;
  email?: string;
  role: Role;
  status: "available" | "away";
  since?: string;
}

/** A chat that is going on, as monitors see it. */
export interface DeskChat {
  chatId: string;
  userId: string;
  username?: string;
  email?: string;
  platform?: string;
  topic?: string;
  status: "waiting" | "engaged";
  createdAt?: string;
  askedAt?: string;
  /** When an agent took it first. */
  claimedAt?: string;
  /** Since when the visitor waits, for an agent or for an answer. */
  waitingSince?: string;
  /** Since when it has this status. */
  since?: string;
  severity?: number;
  /** Its agent vanished, and it waits again. */
  returned?: boolean;
  agentId?: string;
  agentName?: string;
  agentRole?: Role;
  agentAway?: boolean;
  /** To whom a colleague gave it, while it waits for that one. */
  givenTo?: string;
  givenBy?: string;
  givenUntil?: string;
  messages?: number;
  last?: { from: Side; content: string; at: string };
}

export interface FlaggedChat {
  chatId: string;
  userId: string;
  username?: string;
  severity: number;
  flaggedAt: string;
}

export type NoteText = "requested" | "claimed" | "taken_over" | "assigned" | "released" | "left" | "ended";

/** One line of a chat that is watched. */
export type DeskLine =
  | { kind: "message"; seq: number; at: string; from: Side; name?: string; content: string }
  | { kind: "whisper"; seq: number; at: string; by: string; content: string }
  | { kind: "note"; seq: number; at: string; text: NoteText; name?: string };

export type GoneReason = "left" | "silence" | "lost";

export type DeskFrame =
  | { type: "Desk"; args: { staff: Member[]; chats?: DeskChat[]; mine?: DeskChat[]; flagged?: FlaggedChat[] } }
  | { type: "Staff"; args: Member }
  | { type: "StaffGone"; args: { id: string } }
  | { type: "Chat"; args: DeskChat }
  | { type: "ChatGone"; args: { chatId: string; reason?: GoneReason } }
  | { type: "Flagged"; args: FlaggedChat }
  | { type: "Watched"; args: { chatId: string; history: DeskLine[] } }
  | { type: "Line"; args: { chatId: string } & DeskLine }
  | { type: "Done"; args: { ref?: string; supportId?: string } }
  | { type: "Error"; args: WireError & { ref?: string } };

/** One frame of the staff desk's socket, or `undefined` if it is not one. */
export function parseDeskFrame(text: unknown): DeskFrame | undefined {
  return parseTyped(text) as DeskFrame | undefined;
}
