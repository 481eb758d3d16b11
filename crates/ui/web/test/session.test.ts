import { afterEach, expect, test, vi } from "vitest";
import { Session, StaffError } from "../src/client/session";
import { FakeWorld } from "./fake-world";

interface Asked {
  path: string;
  method: string;
  token: string | undefined;
  credentials: string | undefined;
}

/** A server that answers in turn, and what it was asked. */
function server(...answers: ([number, unknown?, Record<string, string>?] | "gone")[]): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string>;
    asked.push({ path: url.replace("https://chat", ""), method: init.method ?? "", token: headers.Authorization, credentials: init.credentials });
    const answer = answers.shift();
    if (!answer || answer === "gone") throw new TypeError("no network");
    return new Response(answer[0] === 204 ? null : JSON.stringify(answer[1] ?? {}), { status: answer[0], headers: answer[2] ?? {} });
  });
  return asked;
}

const grant = (token: string) => ({
  token,
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  account: { id: "a", name: "Vika", email: "vika@example", role: "agent", permissions: [] },
});
const signIn = () => Session.signIn("https://chat", "vika@example", "secret", new FakeWorld());

afterEach(() => vi.unstubAllGlobals());

test("requests carry the newest token; a refused one is repeated once with another", async () => {
  const asked = server([200, grant("one")], [401], [200, grant("two")], [200, { fine: true }]);
  const session = await signIn();
  expect(await (await session.request("/staff/agents")).json()).toEqual({ fine: true });
  expect(asked.map(({ method, path, token }) => [method, path, token])).toEqual([
    ["POST", "/staff/session", undefined],
    ["GET", "/staff/agents", "Bearer one"],
    ["POST", "/staff/session/renew", undefined],
    ["GET", "/staff/agents", "Bearer two"],
  ]);
  expect(asked.every(({ credentials }) => credentials === "include")).toBe(true);
});

test("a session that the server no longer knows is told once", async () => {
  server([200, grant("one")], [401], [401], [401], [401]);
  const session = await signIn();
  const over = vi.fn();
  session.onover = over;
  for (let time = 0; time < 2; time++) await expect(session.request("/staff/agents")).rejects.toMatchObject({ status: 401 });
  expect(over).toHaveBeenCalledTimes(1);
});

test("a server that cannot be reached ends no session", async () => {
  server([200, grant("one")], "gone", "gone");
  const session = await signIn();
  const over = vi.fn();
  session.onover = over;
  expect(await session.renew()).toBe(true);
  await expect(session.request("/staff/agents")).rejects.toMatchObject({ status: 0 });
  expect(over).not.toHaveBeenCalled();
});

test("who has to wait is told for how long", async () => {
  server([429, { message: "Too many failed sign-ins" }, { "Retry-After": "30" }]);
  const failure = await signIn().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StaffError);
  expect(failure).toMatchObject({ status: 429, retryAfter: 30, message: "Too many failed sign-ins" });
});

test("a wrong clock neither renews without end nor too late: a token's life is told by the server's own clock", async () => {
  for (const wrong of [20 * 60_000, -20 * 60_000]) {
    const issued = Math.floor((Date.now() + wrong) / 1_000);
    const token = `h.${btoa(JSON.stringify({ iat: issued })).replaceAll("=", "")}.s`;
    const short = { ...grant(token), expiresAt: new Date((issued + 600) * 1_000).toISOString() };
    const asked = server([200, short], [200, short]);
    const world = new FakeWorld();
    await Session.signIn("https://chat", "vika@example", "secret", world);
    const until = Date.now();
    const clock = vi.spyOn(Date, "now");
    clock.mockImplementation(() => until + 479_000);
    world.passes(479_000);
    expect(asked.length, String(wrong)).toBe(1);
    clock.mockImplementation(() => until + 481_000);
    world.passes(2_000);
    expect(asked.map(({ path }) => path), String(wrong)).toEqual(["/staff/session", "/staff/session/renew"]);
    clock.mockRestore();
  }
});
