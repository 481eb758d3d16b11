import { beforeEach, expect, test } from "vitest";
import { accountOf } from "../src/console/account";
import { memory, type KeptChat } from "../src/console/memory";
import { recall, remember } from "../src/shared/storage";

const kept = (chatId: string): KeptChat => ({ request: { participant: "User", userId: "u", chatId }, claimId: "c", draft: "words", takenAt: 1 });
const message = { clientId: "m", content: "unsent", at: 0, state: "waiting" } as const;

beforeEach(() => memory.enter("nobody"));

test("whoever signs in next finds nothing of the one before, who finds everything again", () => {
  memory.enter("account-ann");
  memory.keepChat(kept("one"));
  memory.outbox("one").save([message]);
  memory.keepSettings({ ...memory.settings(), available: false, language: "ms" });
  for (const other of ["account-an", "account-ann.x", "account-bob", "", "account-ann%2E"]) {
    memory.enter(other);
    expect(memory.chats(), other).toEqual([]);
    expect(memory.outbox("one").load(), other).toEqual([]);
    expect(memory.settings().available, other).toBe(true);
    expect(memory.settings().language, "the browser's").toBe("ms");
    memory.forgetChat("one");
  }
  memory.enter("account-ann");
  expect(memory.chats().map((chat) => chat.draft)).toEqual(["words"]);
  expect(memory.outbox("one").load()).toEqual([message]);
  expect(memory.settings().available).toBe(false);
});

test("what was kept before anything was kept by account is nobody's", () => {
  remember("helpline.console.chat.0123", kept("0123"));
  memory.enter("account-new");
  expect(memory.chats()).toEqual([]);
  expect(recall("helpline.console.chat.0123")).toBeUndefined();
});

test("an account is known by its id, a token's by what it claims, anybody else by name", () => {
  const token = (claims: object) => `h.${btoa(JSON.stringify(claims))}.s`;
  const staff = { me: { id: "7" } } as never;
  expect(accountOf({ name: "Ann", staff })).toBe("account-7");
  expect(accountOf({ name: "Ann", token: () => token({ userId: "9" }) })).toBe("token-9");
  expect(accountOf({ name: "Ann", token: () => "nonsense" })).toBe("name-Ann");
  expect(accountOf({ name: "account-7" })).toBe("name-account-7");
});
