/** Tabs of one visitor: what each keeps is its own, and what a tab leaves behind is taken over. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Outbox } from "../src/client/outbox";

type Memory = (typeof import("../src/visitor/memory"))["memory"];

class Store {
  readonly items = new Map<string, string>();
  isFull = false;
  get length(): number {
    return this.items.size;
  }
  key = (index: number) => [...this.items.keys()][index] ?? null;
  getItem = (key: string) => this.items.get(key) ?? null;
  removeItem = (key: string) => void this.items.delete(key);
  setItem = (key: string, value: string) => {
    if (this.isFull) throw new DOMException("full", "QuotaExceededError");
    this.items.set(key, value);
  };
}

const chat = (chatId: string) => ({ chatId, userId: `u${chatId}`, username: "Mina", token: "t" });

let shared: Store;
let ids = 0;

const passes = (ms: number) => vi.setSystemTime(Date.now() + ms);

beforeEach(() => {
  vi.useFakeTimers();
  shared = new Store();
  vi.stubGlobal("addEventListener", () => {});
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A page of its own, as a tab loads it. Modules are held once for each tab, as in a browser. */
async function load(session = new Store()): Promise<{ memory: Memory; session: Store; recalled: ReturnType<Memory["load"]> }> {
  const use = () => {
    vi.stubGlobal("localStorage", shared);
    vi.stubGlobal("sessionStorage", session);
  };
  use();
  vi.resetModules();
  const { memory } = await import("../src/visitor/memory");
  const mine = new Proxy(memory, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === "function" ? (...args: unknown[]) => (use(), (value as (...all: unknown[]) => unknown).apply(target, args)) : value;
    },
  });
  return { memory: mine, session, recalled: mine.load(() => `id${++ids}`) };
}

test("nothing is written before the visitor speaks", async () => {
  const { memory, session } = await load();
  memory.keepWish("not yet");
  memory.leaves();
  expect([...shared.items, ...session.items]).toEqual([]);
});

test("each tab has its own draft, through reloads of both", async () => {
  const [a, b] = [await load(), await load()];
  a.memory.begin(chat("1"), "Mina");
  b.memory.enter(chat("1"));
  a.memory.keepDraft("of a");
  b.memory.keepDraft("of b");
  for (const tab of [a, b]) {
    tab.memory.leaves();
    const again = await load(tab.session);
    expect(again.recalled).toMatchObject({ chat: { chatId: "1" }, draft: tab === a ? "of a" : "of b" });
  }
});

test("a sent draft of one tab does not erase the other's", async () => {
  const [a, b] = [await load(), await load()];
  a.memory.begin(chat("1"), "Mina");
  b.memory.enter(chat("1"));
  a.memory.keepDraft("half a sen");
  b.memory.keepDraft("sent");
  b.memory.keepDraft("");
  a.memory.leaves();
  expect((await load(a.session)).recalled.draft).toBe("half a sen");
});

test("the words of a tab that was closed are found by the next one, once", async () => {
  const [a, b] = [await load(), await load()];
  a.memory.begin(chat("1"), "Mina");
  b.memory.enter(chat("1"));
  a.memory.keepDraft("of a");
  a.memory.keepWish("wish of a");
  b.memory.keepDraft("of b");
  a.memory.leaves();
  b.memory.leaves();
  expect((await load(b.session)).recalled.draft).toBe("of b");
  passes(6_000);
  const again = await load(b.session);
  expect(again.recalled).toMatchObject({ draft: "of b\nof a", wish: "wish of a" });
  expect((await load()).recalled).toMatchObject({ chat: { chatId: "1" }, draft: "", wish: "" });
});

test("a copied tab and a crashed one find the words", async () => {
  const a = await load();
  a.memory.begin(chat("1"), "Mina");
  a.memory.keepDraft("half");
  const copy = new Store();
  for (const [key, value] of a.session.items) copy.setItem(key, value);
  const b = await load(copy);
  expect(b.recalled.draft).toBe("half");
  b.memory.keepDraft("half of b");
  a.memory.keepDraft("half of a");
  a.memory.leaves();
  expect((await load(a.session)).recalled.draft).toBe("half of a");
  b.memory.leaves();
  expect((await load(copy)).recalled.draft).toBe("half of b");
});

test("two tabs that began a chat each keep both, and end only their own", async () => {
  const [a, b] = [await load(), await load()];
  a.memory.begin(chat("1"), "Mina");
  b.memory.begin(chat("2"), "Mina");
  a.memory.leaves();
  const again = await load(a.session);
  expect(again.recalled.chat?.chatId).toBe("1");
  again.memory.end(chat("1"), "unheard of 1");
  b.memory.leaves();
  expect((await load(b.session)).recalled.chat?.chatId).toBe("2");
  expect(again.memory.leftover()).toBe("unheard of 1");
  expect(again.memory.newest()?.chatId).toBe("2");
});

test("tabs that are loaded again at the same time keep what is theirs", async () => {
  const [a, b] = [await load(), await load()];
  a.memory.begin(chat("1"), "Mina");
  b.memory.enter(chat("1"));
  a.memory.keepDraft("of a");
  b.memory.keepDraft("of b");
  for (const tab of [a, b]) tab.memory.leaves();
  expect((await load(b.session)).recalled.draft).toBe("of b");
  expect((await load(a.session)).recalled.draft).toBe("of a");
});

test("what was unheard of one chat is kept once, however many tabs hear its end", async () => {
  const [a, b] = [await load(), await load()];
  a.memory.begin(chat("1"), "Mina");
  b.memory.enter(chat("1"));
  a.memory.end(chat("1"), "words");
  b.memory.end(chat("1"), "words");
  expect(a.memory.leftover()).toBe("words");
  a.memory.begin(chat("2"), "Mina");
  a.memory.end(chat("2"), "more");
  expect(a.memory.leftover()).toBe("more");
});

test("unsent messages of two tabs stand together, in the order in which they were written", async () => {
  const [a, b] = [await load(), await load()];
  a.memory.begin(chat("1"), "Mina");
  const message = (clientId: string, at: number) => ({ clientId, content: clientId, at });
  const [first, second] = [new Outbox(a.memory.outbox("1")), new Outbox(b.memory.outbox("1"))];
  for (const [outbox, id, at] of [[first, "a1", 5], [second, "b1", 6], [first, "a2", 7], [first, "a3", 7]] as const) outbox.add(message(id, at));
  expect(new Outbox(b.memory.outbox("1")).messages.map((each) => each.clientId)).toEqual(["a1", "b1", "a2", "a3"]);
  first.confirm("a1");
  second.merge();
  expect(second.messages.map((each) => each.clientId)).toEqual(["b1", "a2", "a3"]);
  second.next();
  second.refuse("invalid_field");
  first.merge();
  expect(first.messages.find((each) => each.clientId === "b1")?.refused).toBe("invalid_field");
  first.discard("b1");
  second.merge();
  expect(second.messages.map((each) => each.clientId)).toEqual(["a2", "a3"]);
});

test("unsent words of a closed tab's other chat are not lost", async () => {
  const [a, b] = [await load(), await load()];
  a.memory.begin(chat("1"), "Mina");
  new Outbox(a.memory.outbox("1")).add({ clientId: "a1", content: "never sent", at: 1 });
  b.memory.begin(chat("2"), "Mina");
  for (const tab of [a, b]) tab.memory.leaves();
  passes(6_000);
  expect((await load(b.session)).recalled).toMatchObject({ chat: { chatId: "2" }, draft: "never sent" });
});

test("a full storage, a blocked one and one with somebody else's things in it", async () => {
  const a = await load();
  a.memory.begin(chat("1"), "Mina");
  a.memory.keepDraft("before");
  shared.isFull = true;
  a.memory.keepDraft("after");
  a.memory.keepDraft("");
  a.memory.keepDraft("last");
  const outbox = a.memory.outbox("1");
  outbox.save([{ clientId: "x", content: "x", at: 1 }]);
  expect(a.memory.outbox("1").load()).toHaveLength(1);
  shared.isFull = false;
  for (const text of ["null", "7", `"x"`, "[]", "{", `{"draft":3,"chat":{"chatId":1},"at":"x"}`]) {
    shared.items.clear();
    for (const key of ["helpline.chat", "helpline.tab.z", "helpline.outbox.1.z", "helpline.leftover", "helpline.name"]) shared.setItem(key, text);
    const odd = await load();
    expect(odd.recalled, text).toMatchObject({ chat: undefined, draft: "" });
    expect(odd.memory.outbox("1").load()).toEqual([]);
    expect([typeof odd.memory.name(), typeof odd.memory.leftover()]).toEqual(["string", "string"]);
  }
  const blocked = new Proxy({} as Store, { get: () => () => { throw new DOMException("blocked", "SecurityError"); } });
  shared = blocked;
  const shut = await load(blocked);
  shut.memory.begin(chat("3"), "Mina");
  shut.memory.keepDraft("kept in the page");
  shut.memory.end(chat("3"), "unheard");
  expect(shut.memory.leftover()).toBe("unheard");
});
