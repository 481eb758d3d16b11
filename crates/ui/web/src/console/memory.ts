/**
 * What this browser keeps for an agent: who they are, the chats they hold with drafts and unsent words, settings.
 * A platform's token stays in this tab's session; everything else outlives it. Of a signed-in account it is kept that
 * there is a session, never a token: the session is a cookie that no script can read.
 */
import type { OutboxStore } from "../client/outbox";
import type { Request } from "../client/wire";
import { emptyOutbox, outboxStore } from "../shared/outbox-store";
import { forget, forgetHere, recall, recallHere, remember, remembered, rememberHere } from "../shared/storage";

const NAME = "helpline.console.name";
const SETTINGS = "helpline.console.settings";
const CHAT = "helpline.console.chat.";
const OUTBOX = "helpline.console.outbox.";
const NOTE = "helpline.console.note.";
const EMAIL = "helpline.console.email";
const SESSION = "helpline.console.session";
const TOKEN = "helpline.console.token";

export interface KeptChat {
  request: Request;
  claimId: string;
  supportId?: string;
  draft: string;
  takenAt: number;
}

export interface Settings {
  available: boolean;
  requestSound: boolean;
  messageSound: boolean;
  requestNotice: boolean;
  messageNotice: boolean;
  showDetails: boolean;
  /** Seconds after which a wait counts as long. */
  longWait: number;
  language: string;
}

const DEFAULTS: Settings = {
  available: true,
  requestSound: true,
  messageSound: true,
  requestNotice: false,
  messageNotice: false,
  showDetails: true,
  longWait: 60,
  language: "",
};

export const memory = {
  name: () => recall<string>(NAME) ?? "",
  keepName: (name: string) => remember(NAME, name),
  forgetName: () => forget(NAME),

  email: () => recall<string>(EMAIL) ?? "",
  keepEmail: (email: string) => remember(EMAIL, email),
  hasSession: () => recall<boolean>(SESSION) ?? false,
  keepSession: () => remember(SESSION, true),
  forgetSession: () => forget(SESSION),

  token: () => recallHere<string>(TOKEN),
  keepToken: (token: string) => rememberHere(TOKEN, token),
  forgetToken: () => forgetHere(TOKEN),

  settings: (): Settings => ({ ...DEFAULTS, ...recall<Partial<Settings>>(SETTINGS) }),
  keepSettings: (settings: Settings) => remember(SETTINGS, settings),

  chats: (): KeptChat[] =>
    remembered(CHAT)
      .flatMap((key) => recall<KeptChat>(key) ?? [])
      .sort((a, b) => a.takenAt - b.takenAt),
  keepChat: (chat: KeptChat) => remember(CHAT + chat.request.chatId, chat),

  forgetChat(chatId: string): void {
    forget(CHAT + chatId);
    emptyOutbox(`${OUTBOX}${chatId}.`);
  },

  /** A note that was not saved outlives its chat. */
  note: (chatId: string) => recall<string>(NOTE + chatId) ?? "",
  keepNote: (chatId: string, text: string) => (text.trim() ? remember(NOTE + chatId, text) : forget(NOTE + chatId)),

  /** Two tabs of one agent write to the same chat, each under keys of its own. */
  outbox: (chatId: string): OutboxStore => outboxStore(`${OUTBOX}${chatId}.`),
};
