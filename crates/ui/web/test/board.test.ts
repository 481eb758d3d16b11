import { expect, test } from "vitest";
import type { DeskChat, Member } from "../src/client/staff-desk-wire";
import { FIRST, choose, figures, loads, sorted, waitsSince } from "../src/console/board/rows";
import { held } from "../src/console/held";

const at = (minute: number) => `2031-03-04T05:${String(minute).padStart(2, "0")}:00Z`;
const ms = (minute: number) => Date.parse(at(minute));
const base = { userId: "u", createdAt: at(0) };
const waiting: DeskChat = { ...base, chatId: "w", username: "Mina", status: "waiting", since: at(3), topic: "Delivery" };
const longer: DeskChat = { ...base, chatId: "l", username: "Omar", status: "waiting", since: at(1), severity: 1 };
const asked: DeskChat = { ...base, chatId: "a", username: "Lena", status: "engaged", since: at(2), agentId: "v", agentName: "Vika", last: { from: "User", content: "Hello?", at: at(5) } };
const answered: DeskChat = { ...base, chatId: "z", username: "Jonas", status: "engaged", createdAt: at(4), agentId: "v", agentName: "Vika", severity: 2, last: { from: "Support", content: "Gladly", at: at(6) } };
const all = [waiting, longer, asked, answered];
const names = (chats: readonly DeskChat[]) => chats.map((chat) => chat.chatId).join("");

test("the figures say who waits, and since when the longest", () => {
  const staff: Member[] = [
    { id: "v", name: "Vika", role: "agent", status: "available" },
    { id: "r", name: "Rosa", role: "supervisor", status: "away" },
  ];
  expect(figures(all, staff)).toEqual({ waiting: 2, oldest: ms(1), open: 4, available: 1 });
  expect(figures([], [])).toEqual({ waiting: 0, oldest: undefined, open: 0, available: 0 });
  expect(loads(all)).toEqual(new Map([["v", 2]]));
});

test("a visitor waits for an agent, or for an answer", () => {
  expect(all.map(waitsSince)).toEqual([ms(3), ms(1), ms(5), undefined]);
});

test("an answer is waited for from the first word that has none", () => {
  expect(waitsSince({ ...asked, waitingSince: at(3) })).toBe(ms(3));
  expect(waitsSince({ ...waiting, waitingSince: at(2) })).toBe(ms(2));
  expect(figures([{ ...waiting, waitingSince: at(0) }], []).oldest).toBe(ms(0));
});

test("each column sorts both ways, and whoever does not wait is last of those who do", () => {
  expect(names(sorted(all, FIRST.waiting))).toBe("lwaz");
  expect(names(sorted(all, { by: "waiting", descending: false }))).toBe("zawl");
  expect(names(sorted(all, FIRST.flag))).toBe("zlaw");
  expect(names(sorted(all, FIRST.visitor))).toBe("zawl");
  expect(names(sorted(all, FIRST.age))).toBe("alwz");
  expect(names(sorted(all, FIRST.agent))).toBe("lwaz");
});

test("chats are found by state and by any of their words", () => {
  expect(names(choose(all, "all", " "))).toBe("wlaz");
  expect(names(choose(all, "waiting", ""))).toBe("wl");
  expect(names(choose(all, "flagged", ""))).toBe("lz");
  expect(names(choose(all, "engaged", "hello"))).toBe("a");
  expect(names(choose(all, "all", "deliv"))).toBe("w");
});

test("under a pointer a list keeps its places", () => {
  const key = (each: string) => each.slice(0, 1);
  expect(held(["b2", "c", "a"], ["a", "b", "x"], key)).toEqual([
    { item: "a", gone: false },
    { item: "b2", gone: false },
    { item: "x", gone: true },
    { item: "c", gone: false },
  ]);
  expect(held(["b"], undefined, key)).toEqual([{ item: "b", gone: false }]);
});
