/** Turns a chat's lines and its unsent messages into what a thread shows, in order. */
import type { Line, Message, Note, Whisper } from "../client/transcript";
import type { Outgoing } from "../client/outbox";
import type { Side } from "../client/wire";
import { isSameDay } from "./time";

export type Mark = "sending" | "waiting" | "refused" | "sent" | "seen";

export interface Bubble {
  kind: "bubble";
  key: string;
  from: Side;
  /** On the reader's side of the thread. */
  mine: boolean;
  /** Who said it, where the page does not say it otherwise: an earlier agent, or everybody to who only watches. */
  name?: string;
  content: string;
  at: number;
  /** First and last of a run by one author within one minute. */
  first: boolean;
  last: boolean;
  /** On every message of one's own that is not there yet, and on the last one that is. */
  mark?: Mark;
}

export type Item = { kind: "day"; key: string; at: number } | Note | Whisper | Bubble;

/** Whose view it is. */
export interface View {
  me: Side;
  seenByOther: number;
  live: boolean;
  /** The name to be said with a message, if any: then it is not the one whom the page speaks of. */
  nameOf?: (message: Message) => string | undefined;
}

const minute = (at: number) => Math.floor(at / 60_000);

export function arrange(lines: readonly Line[], outgoing: readonly Outgoing[], { me, seenByOther, live, nameOf }: View): Item[] {
  const items: Item[] = [];
  let day: number | undefined;
  let previous: Bubble | undefined;

  const push = (item: Note | Whisper | Bubble) => {
    if (day === undefined || !isSameDay(day, item.at)) {
      items.push({ kind: "day", key: `day-of-${item.key}`, at: item.at });
      day = item.at;
      previous = undefined;
    }
    if (item.kind === "bubble" && previous?.from === item.from && previous.name === item.name && minute(previous.at) === minute(item.at)) {
      previous.last = false;
      item.first = false;
    }
    previous = item.kind === "bubble" ? item : undefined;
    items.push(item);
  };

  let lastOfMine: { bubble: Bubble; seq: number } | undefined;
  for (const line of lines) {
    if (line.kind !== "message") {
      push(line);
      continue;
    }
    const { key, from, content, at } = line;
    const name = nameOf?.(line);
    const bubble: Bubble = { kind: "bubble", key, from, mine: from === me, ...(name ? { name } : {}), content, at, first: true, last: true };
    if (bubble.mine && !name) lastOfMine = { bubble, seq: line.seq };
    push(bubble);
  }
  if (lastOfMine) lastOfMine.bubble.mark = lastOfMine.seq <= seenByOther ? "seen" : "sent";
  for (const { clientId, content, at, refused } of outgoing) {
    const mark: Mark = refused ? "refused" : live ? "sending" : "waiting";
    push({ kind: "bubble", key: clientId, from: me, mine: true, content, at, first: true, last: true, mark });
  }
  return items;
}
