/** How the board looks, and what belongs to it at the desk: empty, with one chat and many, with long names and long words. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { LOOKS, look } from "./look";
import { Visitor, openBrowser, type Agent } from "./people";
import { ADMIN, Office, goesTo, signsIn, startWorld, type Person } from "./staff";
import { until } from "./until";
import type { World } from "./world";

const LONG_NAME = "Bartholomew Featherstonehaugh-Cholmondeley the Third of York";
const RTL = "rtl";
const EVERY: Record<string, BrowserContextOptions> = {
  ...LOOKS,
  [RTL]: {},
  "zoom-200": { viewport: { width: 720, height: 430 } },
  tablet: { viewport: { width: 1024, height: 768 } },
};

let browser: Browser;
let world: World;
let vika: Person;
let long: Person;
let agent: Agent;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld({ CHAT__IDLE_TIMEOUT: "20m" });
  const office = await Office.opens(world);
  vika = await office.hires("Vika Larsen");
  long = await office.hires(LONG_NAME, "supervisor");
});

/** Whoever stays for all of the tests. */
const kept = new Set<unknown>();

afterEach(async () => {
  for (const context of browser.contexts()) if (!kept.has(context)) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function stays<P extends Visitor | Agent>(coming: Promise<P>): Promise<P> {
  const person = await coming;
  kept.add(person.context);
  return person;
}

async function comes(name: string, words: string, path = "/"): Promise<Visitor> {
  const visitor = await stays(Visitor.opens(browser, world, path));
  await visitor.starts(name, words);
  await visitor.isDone();
  return visitor;
}

async function opensBoard(options: BrowserContextOptions = {}): Promise<Page> {
  const admin = await signsIn(browser, world, ADMIN, options);
  await goesTo(admin, "Board");
  await admin.page.getByText("Staff online").waitFor();
  return admin.page;
}

const isTooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
const rows = (page: Page, count: number) => until("the rows", () => page.locator("tbody tr button").count(), (seen) => seen === count, 30_000);

test("with nothing, and with one chat", async () => {
  const page = await opensBoard();
  await page.getByText("All quiet.").waitFor();
  await look(page, "board-0");
  await comes("Mina Okafor", "My order 10482 has not arrived yet. Could you have a look?", "/c/Delivery");
  await rows(page, 1);
  await look(page, "board-1");
});

test("a morning: chats of every kind", async () => {
  agent = await stays(signsIn(browser, world, vika));
  const colleague = await stays(signsIn(browser, world, long));
  const ahmad = await comes("أحمد علي", "أين طلبي من فضلك؟");
  await agent.accepts("أحمد علي");
  await agent.says("It left our warehouse this morning: https://track.example/AB-10482");
  await ahmad.says("A long story, told without a pause. ".repeat(112).trim());
  await ahmad.isDone();
  await comes(LONG_NAME, "x".repeat(300), `/c/${encodeURIComponent("A topic that is longer than anybody would write")}`);
  await agent.accepts(LONG_NAME);
  await agent.says("Let me check.");
  await comes("Jonas Weber", "I was charged twice", "/c/Billing");
  await colleague.accepts("Jonas Weber");
  await comes("王小明", "请问什么时候发货？", "/c/退货");
  const page = await opensBoard();
  const drawer = page.getByRole("complementary");
  for (const [name, word] of [["Mina Okafor", "Urgent"], ["أحمد علي", "Attention"]] as const) {
    await page.locator("tbody tr", { hasText: name }).getByRole("button").click();
    await drawer.getByText(word).click();
    await page.locator("tbody tr", { hasText: name }).locator("td.wide").getByText(word).waitFor();
  }
  await page.getByLabel("Whisper to Vika Larsen").fill("Offer free shipping on the next order: this has taken long enough.");
  await page.getByRole("button", { name: "Whisper" }).click();
  await drawer.getByText("Offer free shipping").waitFor();
  await rows(page, 5);
});

for (const [looks, options] of Object.entries(EVERY)) {
  test(`the board, ${looks}`, async () => {
    const page = await opensBoard(options);
    if (looks === RTL) await page.evaluate(() => (document.documentElement.dir = "rtl"));
    await rows(page, 5);
    await look(page, `board-${looks}`);
    await page.locator("tbody tr", { hasText: "أحمد علي" }).getByRole("button").click();
    await page.getByText("Offer free shipping").waitFor();
    await look(page, `board-drawer-${looks}`);
    await page.getByRole("button", { name: "Reassign" }).click();
    await page.getByRole("radio").last().waitFor();
    await look(page, `board-reassign-${looks}`);
    expect(await isTooWide(page)).toBe(false);
  });
}

for (const [looks, options] of Object.entries({ ...LOOKS, [RTL]: {} })) {
  test(`the agent's side, ${looks}`, async () => {
    const { page } = agent;
    const { colorScheme = null } = options as BrowserContextOptions;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize((options as BrowserContextOptions).viewport ?? { width: 1440, height: 860 });
    await page.evaluate((dir) => (document.documentElement.dir = dir), looks === RTL ? "rtl" : "ltr");
    const [mine, whisper] = [page.locator(".mine .row", { hasText: "أحمد علي" }), page.locator(".whisper")];
    // On a phone the chat may cover the lists.
    if (await mine.isVisible()) await mine.click();
    await whisper.waitFor();
    await look(page, `console-whisper-${looks}`);
    if (looks === "phone") {
      await page.getByRole("button", { name: "More" }).click();
      await look(page, "console-more-phone");
    }
    await page.getByRole("button", { name: "Flag", exact: true }).click();
    await page.getByRole("dialog").getByText("Attention").waitFor();
    await look(page, `console-flag-${looks}`);
    await page.keyboard.press("Escape");
  });
}

test("with 200 chats", async () => {
  const visitor = await Visitor.opens(browser, world);
  await visitor.page.evaluate(async () => {
    for (let number = 1; number <= 195; number++) {
      const { userId, username, chatId } = await (await fetch(`/user/join/Visitor ${number}`)).json();
      const socket = new WebSocket(`/chat/${chatId}`.replace(/^/, location.origin.replace("http", "ws")), "helpline.v1");
      socket.onopen = () => socket.send(JSON.stringify({ type: "Join", args: { userId, username, from: "User" } }));
    }
  });
  const page = await opensBoard();
  await rows(page, 200);
  await look(page, "board-200");
  await page.getByLabel("Find chats").fill("Visitor 195");
  await rows(page, 1);
});
