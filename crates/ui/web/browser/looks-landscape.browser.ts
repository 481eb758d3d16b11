/** A phone on its side, with and without its keyboard, and a site whose styles reach for everything. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { look } from "./look";
import { Agent, Visitor, openBrowser } from "./people";
import { SHOP, Site } from "./site";
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

const SIDEWAYS = { viewport: { width: 844, height: 390 }, hasTouch: true, isMobile: true };
/** What a keyboard leaves of it. */
const KEYBOARD = { width: 844, height: 180 };

/** How much of the conversation can be seen. */
const threadHeight = (page: Page) => page.locator(".thread").evaluate((element) => element.clientHeight);

test("on its side there is room to read and to write", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world, "/", SIDEWAYS);
  await look(visitor.page, "visitor-start-sideways");
  await visitor.page.setViewportSize(KEYBOARD);
  await look(visitor.page, "visitor-start-keyboard");
  await visitor.starts("Mina", "Hello! My order 10482 has not arrived yet. Could you have a look?");
  await look(visitor.page, "visitor-waiting-keyboard");
  await agent.accepts("Mina");
  await agent.says("Hi Mina, I am looking at it now.");
  await visitor.sees("I am looking at it now.");
  await look(visitor.page, "visitor-talk-keyboard");
  expect(await threadHeight(visitor.page)).toBeGreaterThanOrEqual(72);
  const composer = await visitor.page.locator(".composer").boundingBox();
  expect((composer?.y ?? 999) + (composer?.height ?? 0)).toBeLessThanOrEqual(180);
  await visitor.page.locator(".composer textarea").fill("one\ntwo\nthree\nfour\nfive\nsix");
  expect(await threadHeight(visitor.page)).toBeGreaterThanOrEqual(30);
  await visitor.page.locator(".composer textarea").fill("");
  await visitor.page.setViewportSize(SIDEWAYS.viewport);
  await look(visitor.page, "visitor-talk-sideways");
  await visitor.leaves();
});

test("own messages of ✔, ❤ or © can be read", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  for (const [colorScheme, name] of [["light", "Siti"], ["dark", "Nur"]] as const) {
    const visitor = await Visitor.opens(browser, world, "/", { colorScheme, viewport: { width: 390, height: 844 } });
    await visitor.starts(name, "hello");
    await agent.accepts(name);
    for (const sign of ["✔", "❤", "©", "❤️", "👍🏽"]) await visitor.says(sign);
    await visitor.isDone();
    await look(visitor.page, `visitor-signs-${colorScheme}`);
    const shown = await visitor.page.locator(".mine .bubble").evaluateAll((bubbles) => bubbles.map((bubble) => [bubble.textContent, getComputedStyle(bubble).backgroundColor, getComputedStyle(bubble).color] as const));
    const page = await visitor.page.evaluate(() => getComputedStyle(document.querySelector(".page") ?? document.body).backgroundColor);
    expect(shown.length).toBe(6);
    for (const [sign, ground, ink] of shown) {
      expect(ink, sign ?? "").not.toBe(ground === "rgba(0, 0, 0, 0)" ? page : ground);
      expect(ground === "rgba(0, 0, 0, 0)", sign ?? "").toBe(["❤️", "👍🏽"].includes(sign ?? ""));
    }
    await visitor.leaves();
  }
});

test("the widget on its side fills what the keyboard leaves", async () => {
  const site = await Site.start(world.visitorUrl, `data-title="Talk to Kestrel"`, SHOP);
  const context = await browser.newContext({ locale: "en-GB", ...SIDEWAYS });
  const page = await context.newPage();
  await page.goto(site.url);
  await page.locator("helpline-widget .launcher").click();
  await page.frameLocator("helpline-widget iframe").getByRole("button", { name: "Start chat" }).waitFor();
  const panel = () => page.locator("helpline-widget .panel").evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height].map(Math.round);
  });
  expect(await panel()).toEqual([0, 0, 844, 390]);
  await look(page, "widget-sideways");
  await page.setViewportSize(KEYBOARD);
  await until("the panel", panel, (box) => box.join() === "0,0,844,180");
  await look(page, "widget-keyboard");
  await context.close();
  await site.stop();
});

test.each([
  "* { opacity: 0.3; }",
  "* { opacity: 0.3 !important; filter: blur(3px) !important; transform: translateX(40px) rotate(3deg) !important; }",
  "* { transform: translateZ(0); }",
  "* { filter: invert(1); backdrop-filter: blur(2px); }",
  "html { transform: scale(0.9); } body { min-height: 3000px; }",
  "* { contain: layout paint; will-change: transform; perspective: 200px; }",
  "* { visibility: hidden !important; pointer-events: none !important; display: block !important; }",
  "* { position: relative; top: 50px; margin: 9px; border: 3px solid red; mask: none; zoom: 1; direction: rtl; } ::backdrop { background: rgb(0 0 0 / 80%); }",
])("a site's rule stays outside: %s", async (style) => {
  const site = await Site.start(world.visitorUrl, undefined, `${style} main { min-height: 2000px; }`);
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1000, height: 800 } });
  const page = await context.newPage();
  await page.goto(site.url);
  const launcher = page.locator("helpline-widget .launcher");
  await launcher.waitFor();
  await page.evaluate(() => scrollTo(0, 300));
  const place = () => launcher.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height].map(Math.round).join();
  });
  const innerWidth = await page.evaluate(() => document.documentElement.clientWidth);
  // The top layer does not care for a scroll bar that a page's root may or may not have.
  await until("the launcher's place", place, (seen) => [`${innerWidth - 76},724,56,56`, "924,724,56,56"].includes(seen));
  const seen = await page.screenshot({ clip: { x: 896, y: 720, width: 80, height: 64 } });
  const plain = await reference();
  if (!seen.equals(plain)) await until("the picture", () => difference(page, seen, plain), (share) => share < 0.1);
  await launcher.click();
  await page.frameLocator("helpline-widget iframe").getByLabel("Your name").fill("Mina");
  await context.close();
  await site.stop();
});

let shot: Buffer | undefined;

/** The launcher on a page that has no styles at all. */
async function reference(): Promise<Buffer> {
  if (shot) return shot;
  const site = await Site.start(world.visitorUrl, undefined, "main { min-height: 2000px; }");
  const page = await (await browser.newContext({ locale: "en-GB", viewport: { width: 1000, height: 800 } })).newPage();
  await page.goto(site.url);
  await page.locator("helpline-widget .launcher").waitFor();
  shot = await page.screenshot({ clip: { x: 896, y: 720, width: 80, height: 64 } });
  await site.stop();
  return shot;
}

/** Which share of the pixels of the launcher's middle differs: what is around it is the page's own. */
async function difference(page: Page, one: Buffer, other: Buffer): Promise<number> {
  const context = await page.context().browser()?.newContext();
  const blank = await context?.newPage();
  const share = await blank?.evaluate(
    async ([a, b]) => {
      const pixels = async (base64: string) => {
        const image = new Image();
        image.src = `data:image/png;base64,${base64}`;
        await image.decode();
        const canvas = Object.assign(document.createElement("canvas"), { width: 80, height: 64 });
        const drawn = canvas.getContext("2d");
        drawn?.drawImage(image, 0, 0);
        return drawn?.getImageData(36, 12, 40, 40).data ?? [];
      };
      const [first, second] = [await pixels(a ?? ""), await pixels(b ?? "")];
      let off = 0;
      for (let at = 0; at < first.length; at += 4) if (Math.abs((first[at] ?? 0) - (second[at] ?? 0)) > 24) off += 1;
      return off / (first.length / 4);
    },
    [one.toString("base64"), other.toString("base64")],
  );
  await context?.close();
  return share ?? 1;
}
