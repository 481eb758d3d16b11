/**
 * A member of staff's session: signed in with e-mail and password, kept by a cookie that no script can read. The token
 * is held in memory only and renewed before it ends; a reload gets a new one by the cookie.
 *
 * Promises: requests go out with the newest token; one that is refused is repeated once with a renewed token; a session
 * that is over is told once.
 */
import type { Environment } from "./environment";

export type Role = "admin" | "supervisor" | "agent";

/** Who is signed in. */
export interface Me {
  id: string;
  name: string;
  email: string;
  role: Role;
  permissions: string[];
  supervisorId?: string | null;
}

interface Grant {
  token: string;
  /** ISO 8601. */
  expiresAt: string;
  account: Me;
}

/** Why a request came to nothing. `status` is 0 if the server could not be reached. */
export class StaffError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** In how many seconds to try again, if the server said so. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** A token is renewed when this part of its life is left. */
const RENEW_AT = 0.2;
/** Timers cannot wait longer than 24 days, and a laptop sleeps: look often enough. */
const LOOK_MS = 6 * 3_600_000;
const AGAIN_MS = 30_000;
const SOONEST_MS = 1_000;
const RESUME_AGAIN_MS = 2_000;

export class Session {
  #grant: Grant;
  #timer: unknown;
  #renewing: Promise<boolean> | undefined;
  #over = false;
  /** Called once, when the server no longer knows this session. */
  onover: () => void = () => {};

  private constructor(
    private readonly chatServer: string,
    grant: Grant,
    private readonly env: Environment,
  ) {
    this.#grant = grant;
    this.#plan();
  }

  /** @throws {StaffError} 401: e-mail or password is wrong; 429: too many failures. */
  static async signIn(chatServer: string, email: string, password: string, env: Environment): Promise<Session> {
    const response = await ask(`${chatServer}/staff/session`, { method: "POST", body: JSON.stringify({ email, password }) });
    return new Session(chatServer, (await response.json()) as Grant, env);
  }

  /** The session of this browser, if it has one. It asks until the server answers. */
  static async resume(chatServer: string, env: Environment): Promise<Session | undefined> {
    for (;;) {
      try {
        return new Session(chatServer, await renewal(chatServer), env);
      } catch (error) {
        if (!(error instanceof StaffError) || isOver(error)) return undefined;
        await new Promise<void>((resolve) => env.setTimer(resolve, RESUME_AGAIN_MS));
      }
    }
  }

  get me(): Me {
    return this.#grant.account;
  }

  get token(): string {
    return this.#grant.token;
  }

  /** Renews the token; `false`: the session is over. A server that cannot be reached leaves things as they are. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /** Sets another password. Every other session of the account ends, and this one goes on with a new token. */
  async changePassword(current: string, next: string): Promise<void> {
    const response = await this.request("/staff/password", { method: "PUT", body: { current, new: next } });
    this.#grant = (await response.json()) as Grant;
    this.#plan();
  }

  /** Signs out, here and at the server. */
  async end(): Promise<void> {
    this.stop();
    await this.#send("/staff/session", { method: "DELETE" }).catch(() => undefined);
  }

  /** Forgets the session here only. */
  stop(): void {
    this.#over = true;
    this.env.clearTimer(this.#timer);
  }

  /** @throws {StaffError} */
  async request(path: string, options: { method?: string; body?: unknown } = {}): Promise<Response> {
    const { method = "GET", body } = options;
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    try {
      return await this.#send(path, init);
    } catch (error) {
      if (!(error instanceof StaffError) || error.status !== 401) throw error;
      if (!(await this.renew())) throw error;
      return this.#send(path, init);
    }
  }

  #send(path: string, init: RequestInit): Promise<Response> {
    return ask(this.chatServer + path, { ...init, headers: { Authorization: `Bearer ${this.#grant.token}` } });
  }

  async #renew(): Promise<boolean> {
    try {
      this.#grant = await renewal(this.chatServer);
      this.#plan();
      return true;
    } catch (error) {
      if (!isOver(error)) {
        this.#waitUntil(Date.now() + AGAIN_MS);
        return true;
      }
      if (!this.#over) {
        this.stop();
        this.onover();
      }
      return false;
    }
  }

  #plan(): void {
    this.#waitUntil(Date.now() + lifeOf(this.#grant) * (1 - RENEW_AT));
  }

  #waitUntil(due: number): void {
    if (this.#over) return;
    this.env.clearTimer(this.#timer);
    const next = () => (Date.now() < due ? this.#waitUntil(due) : void this.renew());
    this.#timer = this.env.setTimer(next, Math.min(Math.max(due - Date.now(), SOONEST_MS), LOOK_MS));
  }
}

/** How long a grant that has just come lives: by the server's clock alone, for this machine's may be wrong by hours. */
function lifeOf({ token, expiresAt }: Grant): number {
  let issuedAt: unknown;
  try {
    const claims = atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"));
    issuedAt = (JSON.parse(claims) as { iat?: unknown }).iat;
  } catch {
    // No token that can be looked into: this machine's clock has to do.
  }
  return Date.parse(expiresAt) - (typeof issuedAt === "number" ? issuedAt * 1_000 : Date.now());
}

/** The server knows no such session, or has no sign-in at all. */
function isOver(error: unknown): boolean {
  return error instanceof StaffError && [401, 403, 404].includes(error.status);
}

async function renewal(chatServer: string): Promise<Grant> {
  const response = await ask(`${chatServer}/staff/session/renew`, { method: "POST", headers: { "X-Helpline": "1" } });
  return (await response.json()) as Grant;
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  const headers = { ...(init.body ? { "Content-Type": "application/json" } : {}), ...init.headers };
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers, credentials: "include", cache: "no-store" });
  } catch {
    throw new StaffError(0, "");
  }
  if (response.ok) return response;
  const told = (await response.json().catch(() => ({}))) as { message?: unknown; error?: unknown };
  const words = [told.message, told.error].find((each) => typeof each === "string") ?? "";
  const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  throw new StaffError(response.status, String(words), Number.isNaN(seconds) ? undefined : seconds);
}
