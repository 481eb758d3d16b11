import { expect, test } from "vitest";
import { FeedClient } from "../src/client/feed";
import { FakeWorld } from "./fake-world";

const request = (userId: string, minute: number, more: object = {}) => ({
  participant: "User",
  userId,
  chatId: `chat-${userId}`,
  requestedAt: `2031-03-04T05:${String(minute).padStart(2, "0")}:00Z`,
  ...more,
});

function start(token?: string, status?: number) {
  const world = new FakeWorld();
  const options = { subscriber: "https://desk", available: true, ...(token ? { token: () => token } : {}) };
  const feed = new FeedClient(options, () => {}, world, async () => status);
  return { world, feed };
}

const waiting = (feed: FeedClient) => feed.state.rows.map((row) => row.userId);

test("rows are oldest first and an update replaces its row", () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("b", 2));
  world.socket.hearsBare(request("a", 1));
  world.socket.hearsBare(request("b", 2, { firstWords: "Hello" }));
  expect(waiting(feed)).toEqual(["a", "b"]);
  expect(feed.state.rows[1]?.firstWords).toBe("Hello");
  expect(feed.state.ready).toBe(false);
  world.passes(600);
  expect(feed.state.ready).toBe(true);
});

test("whose agent vanished comes first, then the urgent, then whoever has waited longest", () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("old", 1));
  world.socket.hearsBare(request("urgent", 3, { severity: 2 }));
  world.socket.hearsBare(request("back", 4, { returned: true }));
  expect(waiting(feed)).toEqual(["back", "urgent", "old"]);
  world.socket.hearsBare(request("old", 1, { severity: 3 }));
  expect(waiting(feed)).toEqual(["back", "old", "urgent"]);
});

test("a desk where somebody comes all the time is ready as well", () => {
  const { world, feed } = start();
  world.socket.opens();
  for (let second = 0; second < 5; second += 0.5) {
    expect(feed.state.ready).toBe(false);
    world.socket.hearsBare(request(`visitor-${second}`, 1));
    world.passes(500);
  }
  expect(feed.state.ready).toBe(true);
  expect(feed.state.rows.length).toBe(10);
});

test("after a reconnection rows that are gone go, the others never flicker", () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("a", 1));
  world.socket.hearsBare(request("b", 2));
  world.passes(600);
  world.socket.dies();
  expect(waiting(feed)).toEqual(["a", "b"]);
  world.passes(1_000);
  world.socket.opens();
  world.socket.hearsBare(request("b", 2));
  world.socket.hearsBare(request("c", 3));
  expect(waiting(feed)).toEqual(["a", "b", "c"]);
  world.passes(600);
  expect(waiting(feed)).toEqual(["b", "c"]);
});

test("taking a visitor is decided by the server", async () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("a", 1));
  const taken = feed.accept("a");
  expect(feed.state.accepting).toBe("a");
  world.socket.hears("Reserved", { userId: "a", chatId: "chat-a", expiresAt: "" });
  expect(await taken).toMatchObject({ kind: "reserved", request: { chatId: "chat-a" } });
  expect(waiting(feed)).toEqual([]);
});

test("the loser of a race learns who won", async () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("a", 1));
  const taken = feed.accept("a");
  world.socket.hears("RemoveUser", { userId: "a", chatId: "chat-a" });
  world.socket.hears("Error", { code: "already_claimed", message: "", supportUserName: "Omar" });
  expect(await taken).toEqual({ kind: "taken", by: "Omar" });
});

test("a connection that dies in mid-acceptance leaves the row to try again", async () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("a", 1));
  const taken = feed.accept("a");
  world.socket.dies();
  expect(await taken).toEqual({ kind: "failed", code: "unavailable" });
  expect(waiting(feed)).toEqual(["a"]);
  expect(await feed.accept("a")).toEqual({ kind: "failed", code: "unavailable" });
});

test("a declined visitor stays away after a reconnection, and the server hears it again", () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("a", 1));
  feed.decline("a");
  expect(world.socket.said("Decline")).toEqual([{ userId: "a" }]);
  world.socket.dies();
  world.passes(1_000);
  world.socket.opens();
  world.socket.hearsBare(request("a", 1));
  expect(waiting(feed)).toEqual([]);
  expect(world.socket.said("Decline")).toEqual([{ userId: "a" }]);
});

test("being away is said again on each connection", () => {
  const { world, feed } = start();
  world.socket.opens();
  feed.setAvailable(false);
  world.socket.dies();
  world.passes(1_000);
  world.socket.opens();
  expect(world.socket.said("Availability")).toEqual([{ available: false }]);
});

test("a token goes into the subprotocols, and its refusal is told from a lost network", async () => {
  const { world, feed } = start("jwt", 401);
  expect(world.socket.protocols).toEqual(["helpline.v1", "bearer", "jwt"]);
  world.socket.dies();
  await Promise.resolve();
  await Promise.resolve();
  expect(feed.state.link).toEqual({ kind: "refused", code: 401 });
});

test("what a colleague gave to this agent is held for it and stays to be taken", async () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("a", 1, { handedOverBy: "Omar", note: "Refund, please" }));
  world.socket.hears("Reserved", { userId: "a", chatId: "chat-a", expiresAt: "" });
  expect(waiting(feed)).toEqual(["a"]);
  // A server that has reserved it already has nothing to answer to an Accept.
  expect(await feed.accept("a")).toMatchObject({ kind: "reserved", request: { note: "Refund, please" } });
  expect(world.socket.said("Accept")).toEqual([]);
  expect(waiting(feed)).toEqual([]);
});

test("what a colleague gave to this agent comes first, says until when, and can be declined", async () => {
  const { world, feed } = start();
  const until = "2031-03-04T06:00:00.000000Z";
  world.socket.opens();
  world.socket.hearsBare(request("old", 1, { severity: 3 }));
  world.socket.hearsBare(request("mine", 9, { handedOverBy: "Ann", waitingSince: "2031-03-04T05:59:00Z" }));
  world.socket.hears("Reserved", { userId: "mine", chatId: "chat-mine", expiresAt: until });
  expect(waiting(feed)).toEqual(["mine", "old"]);
  expect(feed.state.held.get("chat-mine")).toBe(Date.parse(until));
  // Whatever else is said of it: it is held all the same, and taken without asking.
  world.socket.hearsBare(request("mine", 9, { handedOverBy: "Ann", severity: 1 }));
  expect(feed.state.held.has("chat-mine")).toBe(true);
  expect(await feed.accept("mine")).toMatchObject({ kind: "reserved" });
  world.socket.hearsBare(request("mine", 9, { handedOverBy: "Ann" }));
  feed.decline("mine");
  expect(world.socket.said("Decline")).toEqual([{ userId: "mine" }]);
  expect(waiting(feed)).toEqual(["old"]);
  // Given to it once more it is there once more.
  world.socket.hearsBare(request("mine", 9, { handedOverBy: "Rosa" }));
  expect(waiting(feed)).toContain("mine");
  expect(world.socket.said("Decline")).toHaveLength(1);
});

test("once the reservation is over the request is like any other", () => {
  const { world, feed } = start();
  world.socket.opens();
  world.socket.hearsBare(request("old", 1));
  world.socket.hearsBare(request("mine", 9, { handedOverBy: "Ann" }));
  world.socket.hears("Reserved", { userId: "mine", chatId: "chat-mine", expiresAt: "2031-03-04T06:00:00Z" });
  world.socket.hearsBare(request("mine", 9));
  expect(feed.state.held.size).toBe(0);
  expect(waiting(feed)).toEqual(["old", "mine"]);
});
