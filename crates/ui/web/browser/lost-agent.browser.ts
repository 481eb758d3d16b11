/** An agent who vanishes: the visitor is told calmly, waits first in line, and the next agent finds everything. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { LOOKS, look } from "./look";
import { Visitor, openBrowser, type Agent } from "./people";
import { Office, signsIn, startWorld, type Person } from "./staff";
import type { World } from "./world";

let browser: Browser;
let world: World;
let vika: Person;
let otto: Person;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld({ CHAT__LEAVE_GRACE: "500ms", PRESENCE__GRACE: "500ms", QUEUE__VANISHED: "1s" });
  const office = await Office.opens(world);
  vika = await office.hires("Vika");
  otto = await office.hires("Otto");
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** Vika answers and is gone for good; Otto is there. */
async function loses(name: string, options = {}): Promise<{ visitor: Visitor; next: Agent }> {
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world, "/c/Delivery", options);
  await visitor.starts(name, "Where is my order?");
  await agent.accepts(name);
  await agent.says("I am looking at it now.");
  await visitor.reads("Where is my order?", "I am looking at it now.");
  const next = await signsIn(browser, world, otto);
  await agent.context.close();
  await visitor.sees("Vika lost the connection.");
  return { visitor, next };
}

test("the visitor waits first in line, keeps every word, and the next agent reads them", async () => {
  const other = await Visitor.opens(browser, world);
  const { visitor, next } = await loses("Mina");
  await other.starts("Jonas", "I came later");
  await visitor.sees("You are next in line; your messages are safe.");
  await visitor.says("Are you still there?");
  await visitor.isDone();
  await next.seesWaiting("Mina", "Jonas");
  await next.sees("Agent lost, back in line");
  await visitor.page.reload();
  await visitor.sees("You are next in line; your messages are safe.");
  await visitor.reads("Where is my order?", "I am looking at it now.", "Are you still there?");
  await next.accepts("Mina");
  await next.reads("Where is my order?", "I am looking at it now.", "Are you still there?");
  // It was not Otto who said it.
  expect(await next.page.locator(".message.mine .name").allTextContents()).toEqual(["Vika"]);
  await visitor.sees(/Otto joined/);
  expect(await visitor.page.locator(".place-in-line").isVisible()).toBe(false);
  await next.says("Here I am.");
  const all = ["Where is my order?", "I am looking at it now.", "Are you still there?", "Here I am."];
  await visitor.reads(...all);
  await visitor.page.reload();
  await visitor.reads(...all);
  expect(await visitor.page.locator(".message .name").allTextContents()).toEqual(["Vika", "Otto"]);
  for (const person of [visitor, next, other]) await person.leaves();
});

for (const [looks, options] of Object.entries(LOOKS)) {
  test(`how it looks, ${looks}`, async () => {
    const { visitor, next } = await loses(`Lena ${looks}`, options);
    await visitor.sees("You are next in line; your messages are safe.");
    await look(visitor.page, `visitor-lost-agent-${looks}`);
    await next.sees("Agent lost, back in line");
    await look(next.page, `console-returned-${looks}`);
    await next.accepts(`Lena ${looks}`);
    await next.page.getByRole("button", { name: "End chat" }).click();
    await next.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
    await visitor.page.locator(".ended").waitFor();
  });
}
