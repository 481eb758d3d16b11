/**
 * The staff's API of chat-server, typed: docs/staff-api.md is its reference, and these types mirror it. Canned replies
 * and tags are the routes of the livechat contract. Every call fails with a `StaffError`.
 */
import type { Me, Role, Session } from "./session";

export interface Account {
  id: string;
  name: string;
  email: string;
  role: Role | "candidate";
  supervisorId: string | null;
  active: boolean;
  createdAt: string;
}

export interface AccountChange {
  name?: string;
  role?: Role;
  supervisorId?: string | null;
  active?: boolean;
}

export interface Group {
  name: string;
  permissions: string[];
}

export interface Groups {
  groups: Group[];
  /** The names of each role's groups. */
  roles: Record<string, string[]>;
  /** Every permission there is. */
  permissions: string[];
}

export interface StoredSettings {
  /** `null`: the default. */
  joinText: string | null;
  leaveText: string | null;
  /** How long a chat may be silent. */
  idleTimeoutSeconds: number | null;
  /** 0: all of them. */
  historyLoadCount: number;
  /** 0: for ever. */
  retentionDays: number;
  defaults: { joinText: string; leaveText: string; idleTimeoutSeconds: number };
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  action: string;
  target: string;
  details: unknown;
}

export interface AuditFilters {
  /** An account: what it did. */
  actor?: string;
  action?: string;
}

/** Somebody a chat can be handed to. */
export interface Colleague {
  id: string;
  name: string;
  role: Role;
  online: boolean;
}

export interface CannedReply {
  _id: string;
  name: string;
  /** By language, such as `EN`. */
  text: Record<string, string>;
  is_active: boolean;
  selected: boolean;
}

export interface Note {
  id: string;
  authorId: string;
  authorName: string;
  text: string;
  at: string;
}

export interface Rating {
  score: number;
  comment: string | null;
}

export interface ChatRecord {
  id: string;
  kept: boolean;
  platform: string;
  visitorId: string | null;
  visitorName: string;
  topic: string | null;
  agentId: string | null;
  agentName: string | null;
  status: "registered" | "waiting" | "engaged" | "closed";
  createdAt: string;
  /** The first time, whoever had it since. */
  requestedAt: string | null;
  claimedAt: string | null;
  endedAt: string | null;
  endReason: string | null;
  messageCount: number;
}

export interface SaidMessage {
  id: string;
  at: string;
  from: "visitor" | "agent";
  senderName: string | null;
  content: string;
}

export interface Transcript extends ChatRecord {
  claims: { agentId: string; agentName: string; at: string }[];
  messages: SaidMessage[];
  rating: Rating | null;
}

export interface ChatFilters {
  text?: string;
  status?: string;
  agent?: string;
  from?: string;
  to?: string;
}

export interface Found {
  chats: ChatRecord[];
  /** Where the next page begins; absent on the last one. */
  next: string | null;
}

/** In seconds. */
export interface Spread {
  count: number;
  median: number | null;
  p90: number | null;
}

export interface Ratings {
  count: number;
  mean: number | null;
}

export interface Report {
  now: { open: number; waiting: number };
  chats: { requested: number; answered: number; missed: number; messages: number };
  waitingSeconds: Spread;
  firstResponseSeconds: Spread;
  durationSeconds: Spread;
  ratings: Ratings;
  /** Days that had any, in the zone that was asked for. */
  days: { day: string; chats: number; waitingSeconds: number | null }[];
  /** Chats by weekday, Monday first, and hour, in the same zone. */
  weekdayHours: number[][];
  agents: { id: string; name: string; chats: number; ratings: Ratings }[];
  supervisors: { id: string; name: string; chats: number }[];
}

export interface FollowUp {
  id: string;
  /** A message that was left, or a request that nobody took; a server of the release before knows only the first. */
  kind?: "message" | "missed";
  name: string;
  email: string | null;
  /** Empty where the visitor said nothing. */
  text: string;
  chatId: string | null;
  createdAt: string;
  taken: Done | null;
  closed: Done | null;
}

export interface FollowUps {
  followUps: FollowUp[];
  /** Where the next page begins; absent on the last one. */
  next: string | null;
  /** How many there are in all. */
  count: number;
}

/** Who did it, by account, and when. */
export interface Done {
  by: string;
  at: string;
}

type Query = Record<string, string | number | undefined>;

export class Staff {
  constructor(readonly session: Session) {}

  get me(): Me {
    return this.session.me;
  }

  may(permission: string): boolean {
    return this.me.permissions.includes(permission);
  }

  // People

  accounts = async (): Promise<Account[]> => {
    const all: Account[] = [];
    for (;;) {
      const { accounts } = await this.#get<{ accounts: Account[] }>("/staff/accounts", { limit: PAGE, after: all.at(-1)?.id });
      all.push(...accounts);
      if (accounts.length < PAGE) return all;
    }
  };

  createAccount = (account: { name: string; email: string; role: Role; supervisorId?: string }): Promise<{ account: Account; password: string }> =>
    this.#send("POST", "/staff/accounts", account);

  changeAccount = async (id: string, change: AccountChange): Promise<Account> =>
    (await this.#send<{ account: Account }>("PATCH", `/staff/accounts/${id}`, change)).account;

  resetPassword = async (id: string): Promise<string> =>
    (await this.#send<{ password: string }>("POST", `/staff/accounts/${id}/reset-password`)).password;

  groups = (): Promise<Groups> => this.#get("/staff/groups");
  storeGroup = (group: Group): Promise<Group> => this.#send("PUT", `/staff/groups/${part(group.name)}`, { permissions: group.permissions });
  removeGroup = (name: string): Promise<void> => this.#send("DELETE", `/staff/groups/${part(name)}`);
  mapRole = (role: string, groups: string[]): Promise<void> => this.#send("PUT", `/staff/roles/${part(role)}`, { groups });

  settings = (): Promise<StoredSettings> => this.#get("/staff/settings");
  /** How many chats the records would forget if those that ended were kept for so many days only. */
  forgotten = async (retentionDays: number): Promise<number> =>
    (await this.#get<{ chats: number }>("/staff/settings/retention", { days: retentionDays })).chats;
  storeSettings = (settings: Partial<Omit<StoredSettings, "defaults">>): Promise<StoredSettings> => this.#send("PUT", "/staff/settings", settings);

  /** The entries before `before`, the latest first, and whether there are earlier ones. */
  audit = async (filters: AuditFilters, before?: number): Promise<{ entries: AuditEntry[]; more: boolean }> => {
    const { entries } = await this.#get<{ entries: AuditEntry[] }>("/staff/audit", { ...filters, before, limit: PAGE });
    return { entries, more: entries.length === PAGE };
  };
  auditActions = async (): Promise<string[]> => (await this.#get<{ actions: string[] }>("/staff/audit/actions")).actions;
  exportAudit = (filters: AuditFilters): Promise<Blob> => this.#blob("/staff/audit/export", { ...filters, format: "csv" });

  colleagues = async (): Promise<Colleague[]> => (await this.#get<{ agents: Colleague[] }>("/staff/agents")).agents;

  // Canned replies and tags

  canned = async (): Promise<CannedReply[]> => {
    const { responses } = await this.#get<{ responses: CannedReply[] }>("/canned-response/");
    return responses.filter((each) => each.is_active);
  };

  addCanned = (name: string, text: Record<string, string>): Promise<void> => this.#send("POST", "/canned-response/", { name, text });
  changeCanned = (reply: CannedReply): Promise<void> =>
    this.#send("PUT", "/canned-response/", { responseId: reply._id, updatedResponse: reply });
  removeCanned = (id: string): Promise<void> => this.#send("DELETE", "/canned-response/", { responseId: id });

  tags = async (userId: string): Promise<string[]> => (await this.#get<{ tags: string[] }>("/users/tag", { id: userId })).tags;
  storeTags = (userId: string, tags: string[]): Promise<void> => this.#send("PUT", "/users/tag", { id: userId, tags });

  // Chats

  search = (filters: ChatFilters, before?: string): Promise<Found> => this.#get("/staff/chats", { ...filters, before });
  transcript = (chatId: string): Promise<Transcript> => this.#get(`/staff/chats/${chatId}`);
  export = (filters: ChatFilters, format: "json" | "csv"): Promise<Blob> => this.#blob("/staff/chats/export", { ...filters, format });
  visitorChats = (visitorId: string, before?: string): Promise<Found> => this.#get(`/staff/visitors/${visitorId}/chats`, { before });
  eraseVisitor = (visitorId: string): Promise<void> => this.#send("DELETE", `/staff/visitors/${visitorId}`);

  notes = async (chatId: string): Promise<Note[]> => (await this.#get<{ notes: Note[] }>(`/staff/chats/${chatId}/notes`)).notes;
  addNote = (chatId: string, text: string): Promise<void> => this.#send("POST", `/staff/chats/${chatId}/notes`, { text });
  transfer = (chatId: string, to: string, note: string): Promise<void> =>
    this.#send("POST", `/staff/chats/${chatId}/transfer`, note ? { to, note } : { to });

  // Follow-ups and figures

  /** Newest first, from where another page ended. */
  followUps = (closed: boolean, before?: string, limit = 50): Promise<FollowUps> =>
    this.#get("/staff/follow-ups", { closed: String(closed), before, limit });
  takeFollowUp = (id: string): Promise<void> => this.#send("POST", `/staff/follow-ups/${id}/take`);
  closeFollowUp = (id: string): Promise<void> => this.#send("POST", `/staff/follow-ups/${id}/close`);
  /** Days and hours are those of `zone`, an IANA name. */
  report = (from: string, to: string, zone: string): Promise<Report> => this.#get("/admin/reports", { from, to, zone });

  async #get<T>(path: string, query: Query = {}): Promise<T> {
    return (await this.session.request(withQuery(path, query))).json() as Promise<T>;
  }

  async #blob(path: string, query: Query): Promise<Blob> {
    return (await this.session.request(withQuery(path, query))).blob();
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.session.request(path, { method, body });
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
}

/** The largest page that the server gives. */
const PAGE = 500;

const part = encodeURIComponent;

function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}
