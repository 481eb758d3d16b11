/** The four pictures of the README, as `target/screens/pictures/`: small, and as people would see the pages. */
import { mkdirSync, statSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, openBrowser } from "./people";
import { SHOP, Site } from "./site";
import { Office, goesTo, signsIn, startWorld } from "./staff";
import { until } from "./until";
import { SCREENS, type World } from "./world";

const PICTURES = `${SCREENS}/pictures`;
const LARGEST = 150_000;

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld();
  mkdirSync(PICTURES, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function picture(page: Page, name: string): Promise<void> {
  const path = `${PICTURES}/${name}.png`;
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.screenshot({ path, animations: "disabled" });
  expect(statSync(path).size, path).toBeLessThan(LARGEST);
}

test("the console and the visitor's phone", async () => {
  const agent = await Agent.comes(browser, world, "Vika", { viewport: { width: 1280, height: 720 } });
  const phone = { viewport: { width: 390, height: 720 }, hasTouch: true, isMobile: true };
  const mina = await Visitor.opens(browser, world, "/c/Delivery", phone);
  await mina.starts("Mina Okafor", "Hello! My order 10482 has not arrived yet. Could you have a look?");
  await agent.accepts("Mina Okafor");
  for (const [name, topic, words] of [
    ["王小明", "Delivery", "请问什么时候发货？"],
    ["Siti Rahman", "Returns", "Boleh saya tukar saiz?"],
    ["Jonas Weber", "Billing", "I was charged twice"],
  ] as const) {
    const visitor = await Visitor.opens(browser, world, `/c/${topic}`);
    await visitor.starts(name, words);
  }
  await agent.seesWaiting("王小明", "Siti Rahman", "Jonas Weber");
  await agent.says("Hi Mina, I am looking at it now.");
  await agent.says("It left our warehouse this morning: https://track.example/AB-10482");
  await mina.sees(/track\.example/);
  await mina.says("Great, thank you 🙂");
  await mina.page.locator(".message.seen").waitFor();
  await agent.page.locator(".composer textarea").pressSequentially("You are welcome");
  await mina.page.locator(".typing").waitFor();
  await picture(mina.page, "visitor");
  // The row of the visitor whom it took stays under a resting pointer.
  await agent.page.mouse.move(700, 500);
  await until("the rows", () => agent.page.locator(".waiting li").count(), (rows) => rows === 3);
  await picture(agent.page, "console");
});

test("the widget on a shop's page", async () => {
  const site = await Site.start(world.visitorUrl, `data-title="Talk to Kestrel" data-accent="#0a7d5a"`, SHOP);
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 960, height: 720 } });
  const page = await context.newPage();
  await page.goto(site.url);
  await page.locator("helpline-widget .launcher").click();
  await page.frameLocator("helpline-widget iframe").getByLabel("Your name").fill("Mina");
  await picture(page, "widget");
  await context.close();
  await site.stop();
});

test("the supervisor's board", async () => {
  const office = await Office.opens(world);
  const vika = await office.hires("Vika Larsen");
  const rosa = await office.hires("Rosa Brandt", "supervisor");
  const desk = await signsIn(browser, world, vika);
  for (const [name, topic, words] of [
    ["Ana Costa", "Billing", "I was charged twice for order 10655"],
    ["Liam Byrne", "Returns", "Can I send back one of two?"],
  ] as const) {
    const visitor = await Visitor.opens(browser, world, `/c/${topic}`);
    await visitor.starts(name, words);
    await desk.accepts(name);
  }
  await desk.says("Of course. I am writing you the label now.");
  const waits = await Visitor.opens(browser, world, "/c/Delivery");
  await waits.starts("Yuki Tanaka", "My parcel says delivered, but nothing is here");
  const board = await signsIn(browser, world, rosa, { viewport: { width: 1280, height: 720 } });
  await goesTo(board, "Board");
  const { page } = board;
  await page.locator("tbody tr", { hasText: "Ana Costa" }).getByRole("button").click();
  await page.getByRole("complementary").getByText("Attention").click();
  await page.getByLabel("Whisper to Vika Larsen").fill("It is known: refund it, please.");
  await page.getByRole("button", { name: "Whisper" }).click();
  await page.getByRole("complementary").getByText("It is known").waitFor();
  await page.locator("tbody tr", { hasText: "Ana Costa" }).locator("td.wide").getByText("Attention").waitFor();
  await page.mouse.move(400, 130);
  await picture(page, "board");
});
