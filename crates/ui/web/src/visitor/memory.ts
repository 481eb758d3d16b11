/**
 * What this browser keeps of a visitor: the name, the present chat, words that were not sent. Nothing is written
 * before the visitor speaks.
 */
import type { OutboxStore, Outgoing } from "../client/outbox";
import type { Registration } from "../client/http";
import { forget, recall, remember } from "../shared/storage";

const NAME = "helpline.name";
const CHAT = "helpline.chat";
const OUTBOX = "helpline.outbox";
const DRAFT = "helpline.draft";
const LEFTOVER = "helpline.leftover";

export interface KeptChat extends Registration {
  topic?: string;
}

export const memory = {
  name: () => recall<string>(NAME) ?? "",
  chat: () => recall<KeptChat>(CHAT),
  draft: () => recall<string>(DRAFT) ?? "",
  /** Words of a chat that ended unheard, for the next one. */
  leftover: () => recall<string>(LEFTOVER) ?? "",

  begin(chat: KeptChat, name: string): void {
    remember(NAME, name);
    remember(CHAT, chat);
    forget(LEFTOVER);
  },

  keepDraft(text: string): void {
    if (text) remember(DRAFT, text);
    else forget(DRAFT);
  },

  end(leftover: string): void {
    for (const key of [CHAT, OUTBOX, DRAFT]) forget(key);
    if (leftover) remember(LEFTOVER, leftover);
    else forget(LEFTOVER);
  },

  outbox(): OutboxStore {
    return {
      load: () => recall<Outgoing[]>(OUTBOX) ?? [],
      save: (messages) => (messages.length > 0 ? remember(OUTBOX, messages) : forget(OUTBOX)),
    };
  },
};
