import { expect, test } from "vitest";
import { retryDelay } from "../src/client/close";
import { Link, type LinkState } from "../src/client/link";
import { FakeWorld } from "./fake-world";

function start() {
  const world = new FakeWorld();
  const states: LinkState[] = [];
  const heard: unknown[] = [];
  const events = { onOpen: () => {}, onText: (text: unknown) => heard.push(text), onState: (state: LinkState) => states.push(state) };
  const link = new Link(() => "ws://desk/chat/1", () => [], events, world);
  return { world, link, states, heard };
}

test("a lost connection comes back with growing delays", () => {
  const { world, link } = start();
  world.socket.opens();
  world.socket.dies();
  expect(link.state).toEqual({ kind: "retrying", attempt: 1, offline: false });
  world.passes(300);
  expect(world.sockets).toHaveLength(2);
  world.socket.dies();
  world.passes(300);
  expect(world.sockets).toHaveLength(2);
  world.passes(300);
  expect(world.sockets).toHaveLength(3);
});

test("delays have an upper bound and half of each is chance", () => {
  expect(retryDelay("backoff", 50, () => 1)).toBe(15_000);
  expect(retryDelay("backoff", 50, () => 0)).toBe(7_500);
  expect(retryDelay("soon", 0, () => 1)).toBe(1_000);
  expect(retryDelay("pause", 0, () => 0)).toBe(2_500);
});

test("a server that restarts is visited again within a second", () => {
  const { world } = start();
  world.socket.opens();
  world.socket.dies(1012);
  world.passes(1_000);
  expect(world.sockets).toHaveLength(2);
});

test("a refused token is final", () => {
  const { world, link } = start();
  world.socket.dies(4401);
  world.passes(3_600_000);
  expect(link.state).toEqual({ kind: "refused", code: 4401 });
  expect(world.sockets).toHaveLength(1);
});

test("a broken rule is believed after three times in a row, not before", () => {
  const { world, link } = start();
  for (let tries = 1; tries < 3; tries++) {
    world.socket.opens();
    world.socket.dies(1008);
    expect(link.state.kind).toBe("retrying");
    while (world.sockets.length === tries) world.passes(1_000);
  }
  world.socket.opens();
  world.socket.dies(1008);
  expect(link.state).toEqual({ kind: "refused", code: 1008 });
});

test("an upgrade that hangs is given up", () => {
  const { world } = start();
  const hanging = world.socket;
  world.passes(10_000);
  expect(hanging.closed).toBe(true);
  world.passes(1_000);
  expect(world.sockets).toHaveLength(2);
});

test("nothing is heard from a socket that was given up", () => {
  const { world, link, heard } = start();
  const old = world.socket;
  old.opens();
  link.renew();
  old.hears("Joined", {});
  expect(heard).toEqual([]);
});

test("no network is said at once, and its return connects at once", () => {
  const { world, link } = start();
  world.socket.opens();
  world.isOnline = false;
  world.wake?.("offline");
  expect(link.state).toEqual({ kind: "retrying", attempt: 1, offline: true });
  world.wake?.("online");
  expect(world.sockets).toHaveLength(2);
});

test("a machine that slept connects anew", () => {
  const { world } = start();
  world.socket.opens();
  world.wake?.("slept");
  expect(world.sockets).toHaveLength(2);
});

test("after it is stopped nothing happens any more", () => {
  const { world, link, states } = start();
  world.socket.opens();
  link.stop();
  const told = states.length;
  world.passes(3_600_000);
  expect(world.wake).toBeUndefined();
  expect(states).toHaveLength(told);
  expect(world.sockets).toHaveLength(1);
});
