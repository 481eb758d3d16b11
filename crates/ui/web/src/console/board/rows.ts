/** What the board shows of the chats that are going on: its figures, its rows, their order. */
import type { DeskChat, Member } from "../../client/staff-desk-wire";
import { finds } from "../../shared/fold";

export type Which = "all" | "waiting" | "engaged" | "flagged";
export type SortBy = "visitor" | "agent" | "waiting" | "age" | "flag";

export interface Order {
  by: SortBy;
  descending: boolean;
}

/** How each column is sorted at first: what matters most on top. */
export const FIRST: Record<SortBy, Order> = {
  visitor: { by: "visitor", descending: false },
  agent: { by: "agent", descending: false },
  waiting: { by: "waiting", descending: true },
  age: { by: "age", descending: true },
  flag: { by: "flag", descending: true },
};

export interface Figures {
  waiting: number;
  /** Since when the one who has waited longest waits. */
  oldest: number | undefined;
  open: number;
  available: number;
}

export function figures(chats: Iterable<DeskChat>, staff: Iterable<Member>): Figures {
  const all = [...chats];
  const since = all.flatMap((chat) => (chat.status === "waiting" ? (waitsSince(chat) ?? []) : []));
  return {
    waiting: all.filter((chat) => chat.status === "waiting").length,
    oldest: since.length > 0 ? Math.min(...since) : undefined,
    open: all.length,
    available: [...staff].filter((member) => member.status === "available").length,
  };
}

/** How many chats each agent has. */
export function loads(chats: Iterable<DeskChat>): Map<string, number> {
  const found = new Map<string, number>();
  for (const { agentId } of chats) if (agentId) found.set(agentId, (found.get(agentId) ?? 0) + 1);
  return found;
}

/** Since when the visitor waits: for an agent, or for an answer to its first word without one. Absent while it is the visitor's turn. */
export function waitsSince({ status, since, askedAt, waitingSince, last }: DeskChat): number | undefined {
  if (waitingSince) return time(waitingSince);
  if (status === "waiting") return time(since ?? askedAt);
  return last?.from === "User" ? time(last.at) : undefined;
}

export function began({ createdAt, askedAt }: DeskChat): number | undefined {
  return time(createdAt ?? askedAt);
}

export function choose(chats: Iterable<DeskChat>, which: Which, search: string): DeskChat[] {
  const fits = ({ username, topic, agentName, email, last }: DeskChat) => finds(search, username, topic, agentName, email, last?.content);
  const isOne = (chat: DeskChat) => which === "all" || (which === "flagged" ? (chat.severity ?? 0) > 0 : chat.status === which);
  return [...chats].filter((chat) => isOne(chat) && fits(chat));
}

export function sorted(chats: readonly DeskChat[], { by, descending }: Order): DeskChat[] {
  const compare = COMPARE[by];
  const sign = descending ? -1 : 1;
  return [...chats].sort((a, b) => sign * compare(a, b) || (began(a) ?? 0) - (began(b) ?? 0) || (a.chatId < b.chatId ? -1 : 1));
}

const COMPARE: Record<SortBy, (a: DeskChat, b: DeskChat) => number> = {
  visitor: (a, b) => (a.username ?? "").localeCompare(b.username ?? ""),
  // Whoever has nobody yet comes first.
  agent: (a, b) => (a.agentName ?? "").localeCompare(b.agentName ?? ""),
  // The longer ago, the more.
  waiting: (a, b) => (waitsSince(b) ?? Infinity) - (waitsSince(a) ?? Infinity) || 0,
  age: (a, b) => (began(b) ?? Infinity) - (began(a) ?? Infinity) || 0,
  flag: (a, b) => (a.severity ?? 0) - (b.severity ?? 0),
};

function time(iso: string | undefined): number | undefined {
  const at = Date.parse(iso ?? "");
  return Number.isNaN(at) ? undefined : at;
}
