/**
 * What this browser keeps for an agent: who they are, the chats they hold with drafts and unsent words, settings. Chats and
 * settings are kept by account: whoever signs in next finds their own, and nothing of anybody else's.
 * A platform's token stays in this tab's session; everything else outlives it. Of a signed-in account it is kept that
 * there is a session, never a token: the session is a cookie that no script can read.
 */
import type { OutboxStore } from "../client/outbox";
import type { Request } from "../client/wire";
import { emptyOutbox, outboxStore } from "../shared/outbox-store";
import { forget, forgetHere, recall, recallHere, remember, remembered, rememberHere } from "../shared/storage";

const NAME = "helpline.console.name";
const LANGUAGE = "helpline.console.language";
/** Of an account, which stands behind it. */
const SETTINGS = "helpline.console.settings.";
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
  /** When an agent took it first, if that was told. */
  claimedAt?: string;
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

/** Whose chats and settings are meant. */
let account = "";
const chatKey = (chatId: string) => `${CHAT}${account}.${chatId}`;
const outboxKey = (chatId: string) => `${OUTBOX}${account}.${chatId}.`;
const noteKey = (chatId: string) => `${NOTE}${account}.${chatId}`;

export const memory = {
  /** From here on it is this account's memory. */
  enter(id: string): void {
    // An id may have dots of its own, which end nothing.
    account = encodeURIComponent(id).replaceAll(".", "%2E");
    // What the release before kept belongs to nobody that is known.
    for (const prefix of [CHAT, OUTBOX]) {
      for (const key of remembered(prefix)) if (!key.slice(prefix.length).includes(".")) forget(key);
    }
  },

  name: () => recall<string>(NAME) ?? "",
  keepName: (name: string) => remember(NAME, name),
  forgetName(): void {
    forget(NAME);
    forget(EMAIL);
  },

  email: () => recall<string>(EMAIL) ?? "",
  keepEmail: (email: string) => remember(EMAIL, email),
  hasSession: () => recall<boolean>(SESSION) ?? false,
  keepSession: () => remember(SESSION, true),
  forgetSession: () => forget(SESSION),

  token: () => recallHere<string>(TOKEN),
  keepToken: (token: string) => rememberHere(TOKEN, token),
  forgetToken: () => forgetHere(TOKEN),

  /** Which language this browser's pages are in, whoever is there. */
  language: () => recall<string>(LANGUAGE) ?? "",
  settings: (): Settings => ({ ...DEFAULTS, ...recall<Partial<Settings>>(SETTINGS + account), language: memory.language() }),
  keepSettings(settings: Settings): void {
    remember(LANGUAGE, settings.language);
    remember(SETTINGS + account, settings);
  },

  chats: (): KeptChat[] =>
    remembered(chatKey(""))
      .flatMap((key) => recall<KeptChat>(key) ?? [])
      .sort((a, b) => a.takenAt - b.takenAt),
  keepChat: (chat: KeptChat) => remember(chatKey(chat.request.chatId), chat),

  forgetChat(chatId: string): void {
    forget(chatKey(chatId));
    emptyOutbox(outboxKey(chatId));
  },

  /** A note that was not saved outlives its chat. */
  note: (chatId: string) => recall<string>(noteKey(chatId)) ?? "",
  keepNote: (chatId: string, text: string) => (text.trim() ? remember(noteKey(chatId), text) : forget(noteKey(chatId))),

  /** Two tabs of one agent write to the same chat, each under keys of its own. */
  outbox: (chatId: string): OutboxStore => outboxStore(outboxKey(chatId)),
};
