/** The few plain HTTP questions: the page's settings, what a visitor may expect, and a registration. */

import { hasHalfCharacter, toJson, wellFormed } from "./text";

export interface PublicConfig {
  /** Base URLs without a slash at the end. */
  chatServer: string;
  subscriber: string;
  mode: "open" | "token";
  brand: { title?: string; accent?: string };
  maxContentBytes?: number;
  /** The server's clock minus this machine's, in milliseconds. */
  clockOffsetMs: number;
}

/** What a visitor may expect before saying a word. */
export interface Availability {
  /** Seconds in which visitors were usually answered lately. Absent if too little is known, or nobody is there. */
  usualWaitSeconds?: number;
  agentsOnline: number;
}

export interface Registration {
  userId: string;
  username: string;
  chatId: string;
  token?: string;
}

export type RegistrationFailure = "invalid_name" | "slow_down" | "unavailable";

/** The page's settings. A server that has none to give is at this page's own origin, in open mode. */
export async function loadConfig(): Promise<PublicConfig> {
  return (await askConfig()) ?? withoutConfig();
}

function withoutConfig(): PublicConfig {
  const here = location.origin;
  return { chatServer: here, subscriber: here, mode: "open", brand: {}, clockOffsetMs: 0 };
}

/** The same, or `undefined` where the server could not say: it may be able to in a moment. */
export async function askConfig(): Promise<PublicConfig | undefined> {
  const fallback = withoutConfig();
  try {
    const response = await fetch("/config.json", { cache: "no-store" });
    if (response.status >= 500) return undefined;
    if (!response.ok) return fallback;
    const told = (await response.json()) as Partial<PublicConfig>;
    const serverTime = Date.parse(response.headers.get("date") ?? "");
    const clockOffsetMs = Number.isNaN(serverTime) ? 0 : serverTime - Date.now();
    return {
      ...fallback,
      ...told,
      chatServer: base(told.chatServer) ?? fallback.chatServer,
      subscriber: base(told.subscriber) ?? fallback.subscriber,
      clockOffsetMs,
    };
  } catch {
    return undefined;
  }
}

function base(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, "") || undefined;
}

/** Asks what to expect; a page that is told nothing promises nothing. */
export async function availability(chatServer: string): Promise<Availability | undefined> {
  try {
    const response = await fetch(`${chatServer}/availability`, { cache: "no-store" });
    return response.ok ? ((await response.json()) as Availability) : undefined;
  } catch {
    return undefined;
  }
}

/** Registers a visitor: from here on the server knows of them. */
export async function register(
  chatServer: string,
  name: string,
  about: { topic?: string; token?: string },
): Promise<Registration | RegistrationFailure> {
  const part = pathPart(name);
  if (part === undefined) return "invalid_name";
  const query = about.topic ? `?topic=${encodeURIComponent(wellFormed(about.topic))}` : "";
  const headers: Record<string, string> = about.token ? { Authorization: `Bearer ${about.token}` } : {};
  try {
    const response = await fetch(`${chatServer}/user/join/${part}${query}`, { headers, cache: "no-store" });
    // Some proxies take no encoded slash, and say that there is nothing of the kind.
    if (response.status === 400 || (response.status === 404 && /[/\\]/.test(name))) return "invalid_name";
    if (response.status === 429) return "slow_down";
    if (!response.ok) return "unavailable";
    return (await response.json()) as Registration;
  } catch {
    return "unavailable";
  }
}

/** The text as one part of a path, if it can be one: dots alone are folders to every browser, and half a character is none. */
function pathPart(text: string): string | undefined {
  return /^\.{0,2}$/.test(text) || hasHalfCharacter(text) ? undefined : encodeURIComponent(text);
}

/** Leaves a message that staff answer by e-mail. */
export async function leaveMessage(
  chatServer: string,
  message: { name: string; email: string; text: string; chatId?: string },
  token: string | undefined,
): Promise<"sent" | "failed" | "slow_down"> {
  const status = await post(`${chatServer}/follow-ups`, message, token);
  return status === 429 ? "slow_down" : status >= 200 && status < 300 ? "sent" : "failed";
}

/** Rates a chat; says whether that was stored. */
export async function rate(chatServer: string, chat: { chatId: string; token?: string }, score: number, comment: string): Promise<boolean> {
  const status = await post(`${chatServer}/chats/${chat.chatId}/rating`, comment ? { score, comment } : { score }, chat.token);
  return status >= 200 && status < 300;
}

/** The answer's status; 0: there was none. */
async function post(url: string, body: unknown, token: string | undefined): Promise<number> {
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  try {
    return (await fetch(url, { method: "POST", headers, body: toJson(body) })).status;
  } catch {
    return 0;
  }
}

/** Asks why an upgrade at this path of subscriber failed: the status of a plain request to the same place. */
export async function upgradeStatus(subscriber: string, path: "/joins" | "/desk", token: string | undefined): Promise<number | undefined> {
  try {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    return (await fetch(subscriber + path, { headers, cache: "no-store" })).status;
  } catch {
    return undefined;
  }
}
