import { describe, expect, test } from "vitest";
import { StaffDeskClient } from "../src/client/staff-desk";
import type { DeskChat, Member } from "../src/client/staff-desk-wire";
import { FakeWorld } from "./fake-world";

const vika: Member = { id: "a1", name: "Vika", role: "agent", status: "available" };
const chat = (chatId: string, more: Partial<DeskChat> = {}): DeskChat => ({ chatId, userId: `u-${chatId}`, status: "waiting", ...more });
const line = (seq: number, content: string) => ({ kind: "message" as const, seq, at: "2031-03-04T05:06:07Z", from: "User" as const, content });

function start(status?: number) {
  const world = new FakeWorld();
  const desk = new StaffDeskClient({ subscriber: "https://desk", token: () => "jwt" }, () => {}, world, async () => status);
  return { world, desk };
}

function open() {
  const made = start();
  made.world.socket.opens();
  made.world.socket.hears("Desk", { staff: [vika], chats: [chat("c1"), chat("c2")], flagged: [] });
  return made;
}

const ids = (desk: StaffDeskClient) => [...desk.state.chats.keys()];

/** Loses the connection and comes back. */
function comesBack(world: FakeWorld): void {
  world.socket.dies();
  world.passes(1_000);
  world.socket.opens();
}

describe("what is going on", () => {
  test("begins with everything and follows each change", () => {
    const { world, desk } = open();
    expect(world.socket.url).toBe("wss://desk/desk");
    expect(world.socket.protocols).toEqual(["helpline.v1", "bearer", "jwt"]);
    world.socket.hears("Chat", chat("c3", { status: "engaged", agentId: "a1" }));
    world.socket.hears("Chat", chat("c1", { severity: 2 }));
    world.socket.hears("ChatGone", { chatId: "c2", reason: "silence" });
    world.socket.hears("Staff", { ...vika, status: "away" });
    expect(ids(desk)).toEqual(["c1", "c3"]);
    expect(desk.state.chats.get("c1")?.severity).toBe(2);
    expect(desk.state.staff.get("a1")?.status).toBe("away");
    world.socket.hears("StaffGone", { id: "a1" });
    expect(desk.state.staff.size).toBe(0);
  });

  test("stays shown while the connection is lost, and is replaced as a whole", () => {
    const { world, desk } = open();
    comesBack(world);
    expect(desk.state.ready).toBe(true);
    expect(ids(desk)).toEqual(["c1", "c2"]);
    world.socket.hears("Desk", { staff: [], chats: [chat("c2"), chat("c4")] });
    expect(ids(desk)).toEqual(["c2", "c4"]);
    expect(desk.state.staff.size).toBe(0);
  });

  test("the fifteen that were flagged last, latest first, without those that no longer are", () => {
    const { world, desk } = open();
    const mark = (number: number, severity = 1) => world.socket.hears("Flagged", { chatId: `c${number}`, userId: "u", severity, flaggedAt: "2031-03-04T05:06:07Z" });
    for (let number = 1; number <= 17; number++) mark(number);
    mark(16, 0);
    mark(5, 2);
    expect(desk.state.flagged.map((each) => each.chatId)).toEqual(["c5", "c17", "c15", "c14", "c13", "c12", "c11", "c10", "c9", "c8", "c7", "c6", "c4", "c3"]);
  });

  test("a bad frame changes nothing", () => {
    const { world, desk } = open();
    world.socket.hearsBare(["Chat"]);
    world.socket.hears("Weather", { chatId: "c9" });
    expect(ids(desk)).toEqual(["c1", "c2"]);
  });
});

describe("watching", () => {
  test("shows the history and what follows, once and in order", () => {
    const { world, desk } = open();
    desk.watch("c1");
    expect(world.socket.said("Watch")).toMatchObject([{ chatId: "c1" }]);
    world.socket.hears("Watched", { chatId: "c1", history: [line(2, "hello"), line(3, "anybody?")] });
    world.socket.hears("Line", { chatId: "c1", ...line(5, "still here") });
    world.socket.hears("Line", { chatId: "c1", ...line(5, "still here") });
    world.socket.hears("Line", { chatId: "c2", ...line(9, "another chat") });
    expect(desk.state.watched.get("c1")?.lines.map((each) => each.seq)).toEqual([2, 3, 5]);
    expect(desk.state.watched.has("c2")).toBe(false);
    desk.unwatch("c1");
    expect(world.socket.said("Unwatch")).toMatchObject([{ chatId: "c1" }]);
    world.socket.hears("Line", { chatId: "c1", ...line(6, "late") });
    expect(desk.state.watched.size).toBe(0);
  });

  test("goes on after a reconnection, with what was said meanwhile", () => {
    const { world, desk } = open();
    desk.watch("c1");
    world.socket.hears("Watched", { chatId: "c1", history: [line(2, "hello")] });
    comesBack(world);
    expect(world.socket.said("Watch")).toMatchObject([{ chatId: "c1" }]);
    expect(desk.state.watched.get("c1")?.lines.length).toBe(1);
    world.socket.hears("Watched", { chatId: "c1", history: [line(2, "hello"), line(4, "missed")] });
    expect(desk.state.watched.get("c1")?.lines.map((each) => each.seq)).toEqual([2, 4]);
  });

  test("of a chat that ends keeps what was said; one that ended meanwhile says so", () => {
    const { world, desk } = open();
    for (const id of ["c1", "c2"]) {
      desk.watch(id);
      world.socket.hears("Watched", { chatId: id, history: [line(2, "hello")] });
    }
    world.socket.hears("ChatGone", { chatId: "c1", reason: "left" });
    expect(desk.state.watched.get("c1")).toMatchObject({ gone: "left", lines: [{ content: "hello" }] });
    comesBack(world);
    const asked = world.socket.said("Watch");
    expect(asked).toMatchObject([{ chatId: "c2" }]);
    world.socket.hears("Error", { ref: asked[0]?.ref, code: "chat_expired", message: "" });
    return Promise.resolve().then(() => expect(desk.state.watched.get("c2")).toMatchObject({ gone: "lost", lines: [{ content: "hello" }] }));
  });

  test("a chat that begins again is watched again", () => {
    const { world, desk } = open();
    desk.watch("c1");
    world.socket.hears("ChatGone", { chatId: "c1", reason: "left" });
    world.socket.hears("Chat", chat("c1"));
    expect(world.socket.said("Watch").length).toBe(2);
    expect(desk.state.watched.get("c1")?.gone).toBeUndefined();
  });
});

describe("asking", () => {
  test("each answer is its own request's", async () => {
    const { world, desk } = open();
    const [taken, flagged] = [desk.takeOver("c1", "Rosa"), desk.flag("c2", 2)];
    const [{ ref: first } = {}] = world.socket.said("TakeOver");
    const [{ ref: second } = {}] = world.socket.said("Flag");
    expect(world.socket.said("Flag")).toMatchObject([{ chatId: "c2", severity: 2 }]);
    world.socket.hears("Error", { code: "malformed", message: "nobody's" });
    world.socket.hears("Error", { ref: second, code: "chat_expired", message: "" });
    world.socket.hears("Done", { ref: first, supportId: "s1" });
    expect(await taken).toBe("s1");
    await expect(flagged).rejects.toMatchObject({ code: "chat_expired" });
  });

  test("what was asked on a connection that is lost is not known to be done", async () => {
    const { world, desk } = open();
    const whispered = desk.whisper("c1", "ask for the order number");
    world.socket.dies();
    await expect(whispered).rejects.toMatchObject({ code: "unavailable" });
    await expect(desk.reassign("c1", "a1", "")).rejects.toMatchObject({ code: "unavailable" });
  });

  test("silence is a dead connection", async () => {
    const { world, desk } = open();
    const flagged = desk.flag("c1", 1);
    world.passes(8_000);
    await expect(flagged).rejects.toMatchObject({ code: "unavailable" });
    expect(world.sockets.length).toBe(2);
  });
});

test("a token that is not taken ends it", async () => {
  const { world, desk } = start(401);
  world.socket.dies();
  await Promise.resolve();
  await Promise.resolve();
  expect(desk.state.link).toEqual({ kind: "refused", code: 401 });
  world.passes(60_000);
  expect(world.sockets.length).toBe(1);
});
