/** The three pictures of the README, as `target/screens/pictures/`: small, and as people would see the pages. */
import { mkdirSync, statSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, openBrowser } from "./people";
import { SHOP, Site } from "./site";
import { until } from "./until";
import { SCREENS, World } from "./world";

const PICTURES = `${SCREENS}/pictures`;
const LARGEST = 150_000;

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start();
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
