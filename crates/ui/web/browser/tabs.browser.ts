/** Two tabs of one visitor, and forms that say what is too long: no words are lost. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, engaged, openBrowser } from "./people";
import { until } from "./until";
import { World } from "./world";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function secondTab(visitor: Visitor, path = "/"): Promise<Visitor> {
  const tab = await visitor.context.newPage();
  await tab.goto(world.visitorUrl + path);
  await tab.locator("form").first().waitFor();
  return new Visitor(visitor.context, tab, visitor.errors);
}

const composer = (page: Page) => page.locator(".composer textarea");
/** How a tab is closed by hand: it hears that it goes. */
const close = (page: Page) => page.close({ runBeforeUnload: true }).then(() => until("the tab", () => page.isClosed(), Boolean));

test("Leave a message says what is too long before it is sent, in the server's bytes", async () => {
  const visitor = await Visitor.opens(browser, world);
  const posts: string[] = [];
  visitor.page.on("request", (request) => {
    if (request.method() === "POST") posts.push(request.url());
  });
  const question = visitor.page.getByLabel("Your question");
  await question.fill("x".repeat(5_595));
  await visitor.page.getByRole("button", { name: "Leave a message" }).click();
  const message = visitor.page.getByLabel("Your message");
  expect((await message.inputValue()).length).toBe(5_595);
  await visitor.sees("Too long by 1499 characters. Please shorten it.");
  await visitor.page.getByLabel("Your name").fill("Mina");
  await visitor.page.getByLabel("Your e-mail").fill("mina@example.com");
  await message.fill("好".repeat(1_366));
  await visitor.sees("Too long by 1 character. Please shorten it.");
  await visitor.page.getByRole("button", { name: "Send message" }).click();
  expect(await message.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(posts).toEqual([]);
  await message.fill("好".repeat(1_365));
  expect(await visitor.page.getByText("Too long by").isVisible()).toBe(false);
  await visitor.page.getByRole("button", { name: "Send message" }).click();
  await visitor.sees("Thank you. We will answer to mina@example.com.");
  await visitor.leaves();
});

test("each tab keeps its own draft, and a closed one's is taken over", async () => {
  const { visitor, agent } = await engaged(browser, world);
  const second = await secondTab(visitor);
  await second.reads("hello");
  await composer(visitor.page).fill("draft of the first");
  await composer(second.page).fill("draft of the second");
  await visitor.page.reload();
  await second.page.reload();
  for (const [tab, text] of [[visitor, "draft of the first"], [second, "draft of the second"]] as const) {
    await tab.reads("hello");
    expect(await composer(tab.page).inputValue()).toBe(text);
  }
  await composer(second.page).press("Enter");
  await agent.reads("hello", "draft of the second");
  await close(visitor.page);
  await second.page.reload();
  await second.reads("hello", "draft of the second");
  await until("the draft", () => composer(second.page).inputValue(), (text) => text === "draft of the first");
  await composer(second.page).press("Enter");
  await agent.reads("hello", "draft of the second", "draft of the first");
});

test("what two tabs wrote without a network arrives once each, from whichever tab is left", async () => {
  const { visitor, agent } = await engaged(browser, world);
  const second = await secondTab(visitor);
  await second.reads("hello");
  world.visitorsRoad.cut();
  await visitor.page.locator(".now p").first().waitFor();
  await visitor.says("first, by one");
  await visitor.says("second, by one");
  await second.says("third, by two");
  await second.page.locator(".message.waiting").first().waitFor();
  await close(visitor.page);
  world.visitorsRoad.restore();
  const heard = await until("all three", () => agent.page.locator(".bubble").allTextContents(), (seen) => seen.length === 4);
  expect(heard.filter((text) => text.endsWith("by one"))).toEqual(["first, by one", "second, by one"]);
  expect(heard).toContain("third, by two");
  await second.isDone();
  await second.page.reload();
  await second.reads(...heard);
});

test("a new tab begins with what was typed in the one that was just closed", async () => {
  const { visitor } = await engaged(browser, world);
  await composer(visitor.page).fill("half a sen");
  const blank = await visitor.context.newPage();
  await close(visitor.page);
  await blank.goto(world.visitorUrl);
  await until("the draft", () => composer(blank).inputValue(), (text) => text === "half a sen");
});

test("both tabs begin: it is one chat with the words of both, also after the first was ended", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world);
  const second = await secondTab(visitor);
  await visitor.starts("Siti", "asked in the first");
  await second.starts("Siti", "asked in the second");
  await agent.seesWaiting("Siti");
  await agent.accepts("Siti");
  await agent.reads("asked in the first", "asked in the second");
  const third = await secondTab(visitor);
  await third.reads("asked in the first", "asked in the second");
  await composer(third.page).fill("still being typed");
  await visitor.page.getByRole("button", { name: "End chat" }).click();
  await visitor.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
  for (const tab of [visitor, second, third]) await tab.page.locator(".ended").waitFor();
  await third.page.getByRole("button", { name: "Start a new chat" }).click();
  expect(await third.page.getByLabel("Your question").inputValue()).toBe("still being typed");
});

test("a chat of another tab that is gone for good is begun anew with the same words", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world);
  await visitor.page.evaluate(() => {
    const gone = { chatId: "0".repeat(32), userId: "1".repeat(32), username: "Nur", token: "x" };
    localStorage.setItem("helpline.chat", JSON.stringify(gone));
  });
  await visitor.starts("Nur", "are you there?");
  await agent.accepts("Nur");
  await agent.reads("are you there?");
});

test("names that no address can hold are refused in words, and every other is taken", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  for (const bad of ["..", ".", "Mi\ud83d", "x".repeat(65)]) {
    const visitor = await Visitor.opens(browser, world);
    await visitor.page.getByLabel("Your name").evaluate((input: HTMLInputElement, name) => {
      input.value = name === "Mi?" ? "Mi\ud83d" : name;
      input.dispatchEvent(new Event("input"));
    }, bad.startsWith("Mi") ? "Mi?" : bad);
    await visitor.page.getByRole("button", { name: "Start chat" }).click();
    await visitor.page.locator("#name-problem:not(:empty)").waitFor();
    expect(await visitor.page.locator(".composer").count()).toBe(0);
    await visitor.leaves();
  }
  for (const good of ["A/B", "100 %", "%2e%2e", "🙂".repeat(40), "...", "C\\D"]) {
    const visitor = await Visitor.opens(browser, world);
    await visitor.page.getByLabel("Your name").fill(good);
    await visitor.page.getByRole("button", { name: "Start chat" }).click();
    await visitor.page.locator(".composer").waitFor();
    await until("the waiting list", () => agent.waiting(), (seen) => seen.includes(good));
    await visitor.leaves();
  }
});
