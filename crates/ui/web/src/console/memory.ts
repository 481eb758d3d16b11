/**
 * What this browser keeps for an agent: who they are, the chats they hold with drafts and unsent words, settings.
 * A platform's token stays in this tab's session; everything else outlives it. Of a signed-in account it is kept that
 * there is a session, never a token: the session is a cookie that no script can read.
 */
import type { OutboxStore, Outgoing } from "../client/outbox";
import type { Request } from "../client/wire";
import { forget, recall, remember, remembered } from "../shared/storage";

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

/** Where this tab's session cannot be used. */
let token: string | undefined;

function tokenHere(): string | undefined {
  try {
    return sessionStorage.getItem(TOKEN) ?? undefined;
  } catch {
    return undefined;
  }
}

export const memory = {
  name: () => recall<string>(NAME) ?? "",
  keepName: (name: string) => remember(NAME, name),
  forgetName: () => forget(NAME),

  email: () => recall<string>(EMAIL) ?? "",
  keepEmail: (email: string) => remember(EMAIL, email),
  hasSession: () => recall<boolean>(SESSION) ?? false,
  keepSession: () => remember(SESSION, true),
  forgetSession: () => forget(SESSION),

  token: () => tokenHere() ?? token,
  keepToken(given: string): void {
    token = given;
    try {
      sessionStorage.setItem(TOKEN, given);
    } catch {
      // Site data is blocked: a reload asks for it again.
    }
  },
  forgetToken(): void {
    token = undefined;
    try {
      sessionStorage.removeItem(TOKEN);
    } catch {
      // Nothing to forget then.
    }
  },

  settings: (): Settings => ({ ...DEFAULTS, ...recall<Partial<Settings>>(SETTINGS) }),
  keepSettings: (settings: Settings) => remember(SETTINGS, settings),

  chats: (): KeptChat[] =>
    remembered(CHAT)
      .flatMap((key) => recall<KeptChat>(key) ?? [])
      .sort((a, b) => a.takenAt - b.takenAt),
  keepChat: (chat: KeptChat) => remember(CHAT + chat.request.chatId, chat),

  forgetChat(chatId: string): void {
    forget(CHAT + chatId);
    forget(OUTBOX + chatId);
  },

  /** A note that was not saved outlives its chat. */
  note: (chatId: string) => recall<string>(NOTE + chatId) ?? "",
  keepNote: (chatId: string, text: string) => (text.trim() ? remember(NOTE + chatId, text) : forget(NOTE + chatId)),

  outbox: (chatId: string): OutboxStore => ({
    load: () => recall<Outgoing[]>(OUTBOX + chatId) ?? [],
    save: (messages) => (messages.length > 0 ? remember(OUTBOX + chatId, messages) : forget(OUTBOX + chatId)),
  }),
};
