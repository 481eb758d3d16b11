/** What an agent has at hand in a chat: canned replies, tags, notes, earlier chats, and colleagues to hand it to. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Visitor, openBrowser } from "./people";
import { Office, signsIn, startWorld, type Person } from "./staff";
import { until } from "./until";
import type { World } from "./world";

let browser: Browser;
let world: World;
let office: Office;
let vika: Person;
let otto: Person;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld();
  office = await Office.opens(world);
  vika = await office.hires("Vika");
  otto = await office.hires("Otto", "supervisor");
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

test("a canned reply is made in the sheet, found by / and sent with the names in it", async () => {
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "hello");
  await agent.accepts("Mina");
  const field = agent.page.locator(".composer textarea");
  await field.pressSequentially("/");
  await agent.sees("No canned reply fits.");
  await agent.page.getByRole("button", { name: "Manage" }).click();
  for (const [name, text] of [["greet", "Good day {visitor}, this is {agent}."], ["returns", "Send it back within 30 days."]] as const) {
    await agent.page.getByRole("button", { name: "Add a reply" }).click();
    await agent.page.getByLabel("Name", { exact: true }).fill(name);
    await agent.page.getByLabel("Text (EN)").fill(text);
    await agent.page.getByRole("button", { name: "Save", exact: true }).click();
    await agent.page.getByRole("button", { name: `Edit ${name}` }).waitFor();
  }
  await agent.page.keyboard.press("Escape");
  await field.fill("");
  await field.pressSequentially("/");
  const options = agent.page.getByRole("option");
  await until("both replies", () => options.count(), (count) => count === 2);
  await field.press("ArrowDown");
  expect(await options.nth(1).getAttribute("aria-selected")).toBe("true");
  await field.pressSequentially("gre");
  await until("one reply", () => options.count(), (count) => count === 1);
  await field.press("Enter");
  expect(await field.inputValue()).toBe("Good day Mina, this is Vika.");
  await field.press("Enter");
  await visitor.reads("hello", "Good day Mina, this is Vika.");
  await field.pressSequentially("/ret");
  await field.press("Escape");
  expect(await options.count()).toBe(0);
  expect(await field.inputValue()).toBe("/ret");
});

test("a tag and a note survive a reload, and the visitor reads neither", async () => {
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Lena", "hello");
  await agent.accepts("Lena");
  await agent.page.getByLabel("Add a tag").fill("vip");
  await agent.page.keyboard.press("Enter");
  await agent.page.getByLabel("Add a note for colleagues").fill("Prefers calls in the morning");
  await agent.page.getByRole("button", { name: "Save note" }).click();
  await agent.page.locator("article", { hasText: "Prefers calls" }).waitFor();
  await agent.page.reload();
  await agent.page.locator("article", { hasText: "Prefers calls" }).waitFor();
  await agent.page.getByRole("button", { name: "Remove vip" }).waitFor();
  await visitor.reads("hello");
});

test("a chat goes from one console to another with a note, and back on the first one it is over", async () => {
  const first = await signsIn(browser, world, vika);
  const second = await signsIn(browser, world, otto);
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Jonas", "I was charged twice");
  await first.accepts("Jonas");
  await first.says("A colleague knows more");
  await visitor.reads("I was charged twice", "A colleague knows more");
  await first.page.getByRole("button", { name: "Transfer" }).click();
  await first.page.getByRole("radio", { name: /Otto/ }).check();
  await first.page.getByLabel("Note for the colleague").fill("Refund, please");
  await first.page.getByRole("dialog").getByRole("button", { name: "Transfer" }).click();
  await first.sees("Now with another agent.");
  await second.sees(/Handed over by Vika\..*Refund, please/);
  await second.accepts("Jonas");
  await second.sees(/Handed over by Vika\./);
  await second.says("I am on it");
  await visitor.reads("I was charged twice", "A colleague knows more", "I am on it");
});
