/** Each end of a chat says what happened, and nothing that was written is lost by it. */
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, engaged, openBrowser, type Person } from "./people";
import { World } from "./world";
import { until } from "./until";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start({ settings: { CHAT__IDLE_TIMEOUT: "6s" } });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function ends(person: Person): Promise<void> {
  await person.page.getByRole("button", { name: "End chat" }).click();
  await person.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
}

test("ended by the agent", async () => {
  const { visitor, agent } = await engaged(browser, world);
  await ends(agent);
  await visitor.sees("Vika ended this chat. Thank you for talking to us.");
  await agent.sees("You ended this chat.");
  await visitor.page.getByRole("button", { name: "Start a new chat" }).click();
  expect(await visitor.page.getByLabel("Your name").inputValue()).toBe("Mina");
  await agent.page.getByRole("button", { name: "Done" }).click();
  await agent.sees("Chats that you accept appear here.");
  await visitor.leaves();
  await agent.leaves();
});

test("ended by the visitor, with a transcript to keep", async () => {
  const { visitor, agent } = await engaged(browser, world);
  await agent.says("Hi Mina,\nI am here.");
  await visitor.reads("hello", "Hi Mina,\nI am here.");
  await ends(visitor);
  await visitor.sees("You ended this chat.");
  await agent.sees("Mina ended this chat.");
  const download = visitor.page.waitForEvent("download");
  await visitor.page.locator(".ended").getByRole("button", { name: "Save transcript" }).click();
  const text = readFileSync(await (await download).path(), "utf8");
  expect(text).toMatch(/\] Mina: hello/);
  expect(text).toMatch(/\] \* Vika joined/);
  expect(text).toMatch(/\] Vika: Hi Mina,\r\n {4}I am here\./);
  await visitor.leaves();
  await agent.leaves();
});

test("expired by silence, after a warning; text that was not sent stays", async () => {
  const { visitor, agent } = await engaged(browser, world);
  await visitor.sees(/Closes in 0:0\d without a message/);
  await agent.sees(/Closes in 0:0\d without a message/);
  await visitor.page.locator(".composer textarea").fill("I was just about to");
  await visitor.sees("This chat closed because nobody wrote for a while.");
  await visitor.page.getByRole("button", { name: "Start a new chat" }).click();
  expect(await visitor.page.getByLabel("Your question").inputValue()).toBe("I was just about to");
  await visitor.leaves();
  await agent.leaves();
});

/** Whoever waits with the page open keeps the place: here the network is away until the request is gone. */
async function waitsInVain(): Promise<void> {
  const [server] = world.chatServers;
  const figures = () => fetch(`http://127.0.0.1:${server.port}/metrics`).then((response) => response.text());
  await until("the request", figures, (text) => /^helpline_waiting 1$/m.test(text));
  world.visitorsRoad.cut();
  await until("the request to be gone", figures, (text) => /^helpline_waiting 0$/m.test(text));
  world.visitorsRoad.restore();
}

test("nobody takes the request in time: it is said, and the words are kept, even over a reload", async () => {
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "Is anybody there?");
  await visitor.says("I need help");
  await waitsInVain();
  await visitor.sees("We are sorry, nobody could take your chat in time.");
  await visitor.page.reload();
  expect(await visitor.page.getByLabel("Your question").inputValue()).toBe("Is anybody there?\nI need help");
  await visitor.leaves();
});

test("whoever nobody answered in time leaves the same words with an e-mail", async () => {
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "Is anybody there?");
  await waitsInVain();
  await visitor.sees("We are sorry, nobody could take your chat in time.");
  await visitor.page.getByRole("button", { name: "Leave a message" }).click();
  expect(await visitor.page.getByLabel("Your message").inputValue()).toContain("Is anybody there?");
  await visitor.page.getByLabel("Your e-mail").fill("mina@shop.example");
  await visitor.page.getByRole("button", { name: "Send message" }).click();
  await visitor.sees("Thank you. We will answer to mina@shop.example.");
  await visitor.leaves();
});

test("who waits may ask to keep the place", async () => {
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "I have time");
  const stay = visitor.page.getByRole("button", { name: "I am still here" });
  const left = visitor.page.getByText(/Your place is kept for 0:0[0-3]/);
  await left.waitFor();
  await stay.click();
  await visitor.sees(/Your place is kept for 0:0[45]/);
  await ends(visitor);
  await visitor.sees("You ended this chat.");
  await visitor.leaves();
});

test("a chat that ended while the visitor was away says so on return", async () => {
  const { visitor, agent } = await engaged(browser, world);
  await visitor.page.goto("about:blank");
  await ends(agent);
  await agent.sees("You ended this chat.");
  await visitor.page.goto(world.visitorUrl);
  await visitor.sees(/ended/);
  await visitor.page.getByRole("button", { name: "Start a new chat" }).waitFor();
  await visitor.leaves();
  await agent.leaves();
});

test("the first words wait for a server that is away", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world);
  world.visitorsRoad.cut();
  await visitor.page.getByLabel("Your name").fill("Mina");
  await visitor.page.getByLabel("Your question").fill("hello?");
  await visitor.page.getByRole("button", { name: "Start chat" }).click();
  await visitor.sees("We cannot reach the desk yet and keep trying. Your text is safe.");
  world.visitorsRoad.restore();
  await agent.accepts("Mina");
  await agent.reads("hello?");
  await visitor.leaves();
  await agent.leaves();
});
