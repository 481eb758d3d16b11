/**
 * How every page looks, and that everybody can use it: screenshots in `target/screens/`, and no serious finding of axe
 * in any of the states that they show.
 */
import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { LOOKS, look } from "./look";
import { Agent, Visitor, openBrowser } from "./people";
import { SHOP, Site } from "./site";
import { until } from "./until";
import { SCREENS, World } from "./world";

const LONG_NAME = "Bartholomew Featherstonehaugh-Cholmondeley the Third of York";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start();
  mkdirSync(SCREENS, { recursive: true });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

for (const [looks, options] of Object.entries(LOOKS)) {
  test(`the visitor page, ${looks}`, async () => {
    const agent = await Agent.comes(browser, world, "Vika");
    const visitor = await Visitor.opens(browser, world, "/", options);
    await look(visitor.page, `visitor-start-${looks}`);
    const name = `Mina ${looks}`;
    await visitor.starts(name, "Hello! My order 10482 has not arrived yet. Could you have a look?");
    await visitor.isDone();
    await visitor.sees(/You are (next|number)/);
    await look(visitor.page, `visitor-waiting-${looks}`);
    await agent.accepts(name);
    await agent.says(`Hi Mina, I am looking at it now.`);
    await agent.says("It left our warehouse this morning: https://track.example/AB-10482");
    await visitor.sees(/track\.example/);
    await visitor.says("Great, thank you 🙂");
    await visitor.page.locator(".message.seen").waitFor();
    await agent.page.locator(".composer textarea").pressSequentially("You are wel");
    await visitor.page.locator(".typing").waitFor();
    await look(visitor.page, `visitor-talk-${looks}`);
    await agent.page.getByRole("button", { name: "End chat" }).click();
    await look(agent.page, `console-confirm-${looks}`);
    await agent.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
    await visitor.page.locator(".ended").waitFor();
    await look(visitor.page, `visitor-ended-${looks}`);
  });

  test(`the console, ${looks}`, async () => {
    const agent = await Agent.comes(browser, world, "Vika Larsen", options);
    await agent.sees("No one is waiting");
    await look(agent.page, `console-empty-${looks}`);
    const visitors = [];
    for (const [name, words] of [["Mina Okafor", "My order 10482 has not arrived"], ["王小明", "请问什么时候发货？"], ["أحمد علي", "أين طلبي من فضلك؟"], [LONG_NAME, "x".repeat(300)]] as const) {
      const visitor = await Visitor.opens(browser, world, "/c/Delivery");
      await visitor.starts(name, words);
      visitors.push(visitor);
    }
    await until("the queue", () => agent.waiting(), (rows) => rows.length === 4);
    await look(agent.page, `console-waiting-${looks}`);
    await agent.accepts("Mina Okafor");
    await agent.says("Hi Mina, I am looking at it now.");
    await visitors[0]?.says("Thank you! Here it is: https://shop.example/orders/10482");
    await agent.page.locator(".bubble", { hasText: "shop.example" }).waitFor();
    await look(agent.page, `console-talk-${looks}`);
    if (looks === "phone") return;
    await agent.page.keyboard.press("Alt+n");
    await agent.page.getByRole("region", { name: "Chat with 王小明" }).waitFor();
    await agent.page.locator(".mine .row", { hasText: "Mina" }).click({ modifiers: ["Control"] });
    await look(agent.page, `console-side-by-side-${looks}`);
    await agent.page.getByRole("button", { name: "Settings" }).click();
    await look(agent.page, `console-settings-${looks}`);
  });

  test(`the widget, ${looks}`, async () => {
    const site = await Site.start(world.visitorUrl, `data-title="Talk to Kestrel"`, SHOP);
    const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1200, height: 860 }, ...options });
    const page = await context.newPage();
    const agent = await Agent.comes(browser, world, "Vika");
    await page.goto(site.url);
    const launcher = page.locator("helpline-widget .launcher");
    await launcher.waitFor();
    await look(page, `widget-closed-${looks}`);
    await launcher.click();
    const chat = page.frameLocator("helpline-widget iframe");
    await chat.getByRole("button", { name: "Start chat" }).waitFor();
    await look(page, `widget-${looks}`);
    const name = `Walker ${looks}`;
    await chat.getByLabel("Your name").fill(name);
    await chat.getByLabel("Your question").fill("Do these boots run small?");
    await chat.getByRole("button", { name: "Start chat" }).click();
    await agent.accepts(name);
    await agent.says("A little. Most people take half a size more.");
    await chat.getByText("half a size more").waitFor();
    await look(page, `widget-talk-${looks}`);
    await page.evaluate(() => window.Helpline?.close());
    await page.locator("helpline-widget .panel").waitFor({ state: "hidden" });
    await agent.says("Shall I put a pair aside?");
    await page.locator("helpline-widget .badge", { hasText: "1" }).waitFor();
    await look(page, `widget-unread-${looks}`);
    await context.close();
    await site.stop();
  });
}

test("signing in", async () => {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(world.consoleUrl);
  await page.getByLabel("Display name").waitFor();
  await look(page, "console-sign-in");
});

test("right to left, 200 % zoom, a 4,000-character message", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world, "/", { viewport: { width: 390, height: 844 } });
  await visitor.starts(`${LONG_NAME} II`, "مرحبا، أين طلبي؟");
  await agent.accepts(`${LONG_NAME} II`);
  for (const { page } of [visitor, agent]) await page.evaluate(() => (document.documentElement.dir = "rtl"));
  await agent.says("مرحبا! سأنظر في ذلك الآن.");
  await visitor.sees(/سأنظر/);
  await look(visitor.page, "visitor-right-to-left");
  await look(agent.page, "console-right-to-left");
  await visitor.says("A long story, told without a pause. ".repeat(112).trim());
  await visitor.isDone();
  await look(visitor.page, "visitor-long-message");
  for (const { page } of [visitor, agent]) await page.evaluate(() => (document.documentElement.dir = "ltr"));
  await agent.page.setViewportSize({ width: 720, height: 430 });
  await look(agent.page, "console-zoom-200");
  await visitor.page.setViewportSize({ width: 390, height: 422 });
  await look(visitor.page, "visitor-zoom-200");
  const wide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  expect(await wide(visitor.page)).toBe(false);
  expect(await wide(agent.page)).toBe(false);
});

test("200 visitors at once", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world);
  await visitor.page.evaluate(async () => {
    for (let number = 1; number <= 200; number++) {
      const { userId, username, chatId } = await (await fetch(`/user/join/Visitor ${number}`)).json();
      const socket = new WebSocket(`/chat/${chatId}`.replace(/^/, location.origin.replace("http", "ws")), "helpline.v1");
      socket.onopen = () => socket.send(JSON.stringify({ type: "Join", args: { userId, username, from: "User" } }));
    }
  });
  await until("the count", () => agent.page.getByTestId("waiting-count").textContent(), (text) => Number(text) >= 200, 30_000);
  await look(agent.page, "console-200-waiting");
  await agent.page.getByLabel("Search").fill("Visitor 200");
  await agent.seesWaiting("Visitor 200");
});
