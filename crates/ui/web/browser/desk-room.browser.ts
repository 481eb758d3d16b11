/** There is room for everything at the desk: on a phone, enlarged, with several chats side by side, with many who wait. */
import { mkdirSync } from "node:fs";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Crowd } from "./crowd";
import { LOOKS } from "./look";
import { Agent, Visitor, openBrowser } from "./people";
import { ADMIN, Office, goesTo, signsIn, startWorld, type Person } from "./staff";
import { until } from "./until";
import { SCREENS, type World } from "./world";

let browser: Browser;
let world: World;
let vika: Person;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld({ CHAT__LEAVE_GRACE: "1s", CHAT__IDLE_TIMEOUT: "600s" });
  vika = await (await Office.opens(world)).hires("Vika");
  mkdirSync(SCREENS, { recursive: true });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

const names = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name} ${String(index + 1).padStart(2, "0")}`);
const picture = (page: Page, name: string) => page.screenshot({ path: `${SCREENS}/${name}.png`, animations: "disabled" });

/** Whether all of it can be seen, and nothing of it is cut off by what it scrolls in. */
async function isInView(row: Locator): Promise<boolean> {
  return row.evaluate((element) => {
    const box = element.getBoundingClientRect();
    for (let place = element.parentElement; place; place = place.parentElement) {
      const frame = place.getBoundingClientRect();
      if (getComputedStyle(place).overflowY !== "visible" && (box.top < frame.top - 1 || box.bottom > frame.bottom + 1)) return false;
    }
    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
  });
}

async function isNotPushed(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), "the page's width").toBeLessThanOrEqual(0);
}

async function takes(agent: Agent, list: readonly string[]): Promise<void> {
  for (const name of list) await agent.accepts(name);
}

for (const [looks, options] of Object.entries({ phone: LOOKS.phone ?? {}, enlarged: { viewport: { width: 720, height: 430 }, deviceScaleFactor: 2 } })) {
  test(`after "Back to the lists" a tap on the same chat opens it, ${looks}`, async () => {
    const agent = await Agent.comes(browser, world, "Vika", options);
    const crowd = await Crowd.asks(browser, world, [`Mina ${looks}`]);
    await agent.accepts(`Mina ${looks}`);
    const pane = agent.page.getByRole("region", { name: `Chat with Mina ${looks}` });
    for (let time = 0; time < 2; time++) {
      await agent.page.getByRole("button", { name: "Back to the lists" }).click();
      await pane.waitFor({ state: "hidden" });
      await agent.page.locator(".mine .row").click();
      await pane.waitFor();
    }
    await picture(agent.page, `room-chat-${looks}`);
    await crowd.leaves();
  });
}

test("several chats side by side keep their names and their tools", async () => {
  const agent = await signsIn(browser, world, vika);
  const { page } = agent;
  const list = ["Bartholomew Featherstonehaugh", "Mina Okafor", "王小明"];
  const crowd = await Crowd.asks(browser, world, list);
  await takes(agent, list);
  for (const [width, count] of [[1440, 2], [1440, 3], [1280, 3], [1024, 3], [800, 2]] as const) {
    await page.setViewportSize({ width, height: 800 });
    for (const name of list.slice(0, count)) await page.locator(".mine .row", { hasText: name }).click({ modifiers: ["Control"] });
    expect(await page.locator(".pane").count()).toBeGreaterThanOrEqual(count);
    for (const pane of await page.locator(".pane:visible").all()) {
      // As much of the name as tells people apart.
      const readable = await pane.locator("h2 bdi").evaluate((name) => name.clientWidth > 80 || name.scrollWidth <= name.clientWidth);
      expect(readable, `the name at ${width}`).toBe(true);
      const tools = pane.locator("header button:visible");
      const labels = await tools.evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label") ?? button.textContent));
      expect(labels.includes("More") || labels.includes("Transfer"), labels.join()).toBe(true);
      const frame = await pane.boundingBox();
      for (const tool of await tools.all()) {
        const box = await tool.boundingBox();
        expect((box?.x ?? 0) + (box?.width ?? 0), `a tool at ${width}`).toBeLessThanOrEqual((frame?.x ?? 0) + (frame?.width ?? 0) + 1);
      }
    }
    await isNotPushed(page);
    await picture(page, `room-panes-${count}-${width}`);
  }
  const last = page.locator(".pane").last();
  await last.getByRole("button", { name: "More" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close this column" }).click();
  await until("a pane less", () => page.locator(".pane").count(), (count) => count === 2);
  await crowd.leaves();
});

test("a tag of many letters pushes nothing aside", async () => {
  const agent = await signsIn(browser, world, vika);
  const { page } = agent;
  const crowd = await Crowd.asks(browser, world, ["Tagged"]);
  await agent.accepts("Tagged");
  const tag = "Donaudampfschifffahrtsgesellschaftskapitänsmütze".slice(0, 45);
  await page.getByLabel("Add a tag").fill(tag);
  await page.keyboard.press("Enter");
  const remove = page.getByRole("button", { name: `Remove ${tag}` });
  await remove.waitFor();
  const aside = page.getByRole("complementary", { name: "Details" });
  expect(await aside.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
  const [frame, button] = [await aside.boundingBox(), await remove.boundingBox()];
  expect((button?.x ?? 0) + (button?.width ?? 0)).toBeLessThanOrEqual((frame?.x ?? 0) + (frame?.width ?? 0));
  await isNotPushed(page);
  await picture(page, "room-tag");
  await crowd.leaves();
});

for (const [looks, viewport] of Object.entries({ desk: { width: 1280, height: 720 }, enlarged: { width: 720, height: 430 }, phone: { width: 390, height: 844 } })) {
  test(`with 13 who wait and one chat of one's own both can be seen, ${looks}`, async () => {
    const agent = await signsIn(browser, world, vika, { viewport });
    const { page } = agent;
    const crowd = await Crowd.asks(browser, world, ["Own", ...names(13, "Waiting")]);
    await agent.accepts("Own");
    await until("the queue", () => agent.waiting(), (rows) => rows.length === 13);
    const back = page.getByRole("button", { name: "Back to the lists" });
    if (await back.isVisible()) await back.click();
    await until("one's own chat", () => isInView(page.locator(".mine .row")), Boolean);
    expect(await isInView(page.locator(".waiting .row").first()), "who waits").toBe(true);
    await picture(page, `room-thirteen-${looks}`);
    await crowd.leaves();
  });
}

test("the chosen row is in view, whichever way it was chosen", async () => {
  const agent = await signsIn(browser, world, vika, { viewport: { width: 1280, height: 600 } });
  const { page } = agent;
  const list = names(14, "Guest");
  const crowd = await Crowd.asks(browser, world, list);
  await until("the queue", () => agent.waiting(), (rows) => rows.length >= 14);
  await takes(agent, list);
  const chosen = (name: string) => page.locator(".mine .row.current", { hasText: name });
  await until("the last one", () => isInView(chosen("Guest 14")), Boolean);
  await page.keyboard.press("Alt+ArrowDown");
  await until("the first one", () => isInView(chosen("Guest 01")), Boolean);
  await page.keyboard.press("Alt+ArrowUp");
  await until("the last one again", () => isInView(chosen("Guest 14")), Boolean);
  await crowd.leaves();
});

test("what is only filtered out under a resting pointer has not ended and still waits", async () => {
  const admin = await signsIn(browser, world, ADMIN);
  const { page } = admin;
  const crowd = await Crowd.asks(browser, world, ["Anna", "Bert", "Carl"]);
  await admin.seesWaiting("Anna", "Bert", "Carl");
  await page.locator(".waiting .row").nth(1).hover();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("Carl");
  await until("one row", () => admin.waiting(), (rows) => rows.join() === "Carl");
  expect(await page.getByText("No longer waiting").count()).toBe(0);
  await page.keyboard.press("Escape");
  await admin.seesWaiting("Anna", "Bert", "Carl");
  await goesTo(admin, "Board");
  const rows = page.locator("tbody tr", { hasText: /Anna|Bert|Carl/ });
  await until("the board", () => rows.count(), (count) => count === 3);
  await rows.nth(1).hover();
  await page.getByLabel("Find").first().pressSequentially("Carl");
  await until("one row", () => rows.count(), (count) => count === 1);
  await page.getByRole("combobox", { name: "Show" }).selectOption("engaged");
  expect(await page.locator("tr.gone").count()).toBe(0);
  await crowd.leaves();
});

test("the oldest of 323 follow-ups is reached", async () => {
  for (let at = 0; at < 323; at++) {
    const response = await fetch(`${world.visitorUrl}/follow-ups`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: `Writer ${at}`, email: "mina@example.com", text: "Where is it?" }),
    });
    expect(response.status).toBe(201);
  }
  const agent = await signsIn(browser, world, vika);
  await until("the count", () => agent.page.locator(".follow-ups .count").textContent(), (text) => Number(text) >= 323);
  await agent.page.locator(".follow-ups").click();
  const oldest = agent.page.getByRole("article", { name: "Writer 0", exact: true });
  const articles = agent.page.getByRole("article");
  await articles.first().waitFor();
  while ((await oldest.count()) === 0) {
    const before = await articles.count();
    await agent.page.getByRole("button", { name: "Show more" }).click();
    await until("more of them", () => articles.count(), (count) => count > before);
  }
  // Others may have asked in vain before.
  const written = agent.page.getByRole("article", { name: /^Writer \d+$/ });
  expect(await written.count()).toBe(323);
  // A change leaves the reader where it was.
  await oldest.getByRole("button", { name: /^Take/ }).click();
  await oldest.getByText("You see to it").or(oldest.locator(".pill")).first().waitFor();
  expect(await written.count()).toBe(323);
});

test("a page that could not be loaded is there by itself once it can be", async () => {
  const wish = { name: "Reader", email: "mina@example.com", text: "Where is it?" };
  await fetch(`${world.visitorUrl}/follow-ups`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
  await (await Crowd.asks(browser, world, ["Reader"])).leaves();
  const admin = await signsIn(browser, world, ADMIN);
  const { page } = admin;
  let broken = true;
  for (const path of ["**/staff/follow-ups*", "**/staff/chats?*", "**/staff/chats", "**/staff/accounts*", "**/admin/reports*"]) {
    await page.route(path, (route) => (broken ? route.abort() : route.continue()));
  }
  for (const [name, sign] of [["Follow-ups", page.getByRole("article").first()], ["Transcripts", page.getByRole("button", { name: /^Read the chat/ }).first()], ["Figures", page.getByText("Chats per day").first()], ["People", page.getByRole("button", { name: "Edit Vika" })]] as const) {
    broken = true;
    await goesTo(admin, name);
    await admin.sees("This could not be loaded. Trying again…");
    broken = false;
    await sign.waitFor();
  }
});

test("a page whose own files could not be loaded is there by itself once they can be", async () => {
  const admin = await signsIn(browser, world, ADMIN);
  const { page } = admin;
  let broken = true;
  // The texts of these pages, their code and their looks, each of which a browser would go on calling lost.
  await page.route(/\/assets\/[^?]+\.(js|css)/, (route) => (broken ? route.abort() : route.continue()));
  for (const name of ["Figures", "People"]) {
    broken = true;
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
    await admin.sees("This could not be loaded. Trying again…");
    broken = false;
    await page.getByRole("heading", { name, level: 2 }).waitFor();
  }
  expect(await page.locator("th").first().evaluate((cell) => getComputedStyle(cell).textAlign)).toBe("start");
});

test("what was said today was said yesterday after midnight, without a reload", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Late", "hello");
  await agent.accepts("Late");
  for (const { page } of [agent, visitor]) {
    await page.getByText("Today", { exact: true }).waitFor();
    await page.evaluate(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 86_400_000;
    });
    await page.getByText("Yesterday", { exact: true }).waitFor();
    expect(await page.getByText("Today", { exact: true }).count()).toBe(0);
  }
});

test("figures are those of the reader's own clocks", async () => {
  const admin = await signsIn(browser, world, ADMIN, { timezoneId: "Pacific/Auckland" });
  const asked = admin.page.waitForRequest(/\/admin\/reports/);
  await goesTo(admin, "Figures");
  const query = new URL((await asked).url()).searchParams;
  expect(query.get("zone")).toBe("Pacific/Auckland");
  for (const bound of ["from", "to"]) {
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Pacific/Auckland", timeStyle: "medium" }).format(Date.parse(query.get(bound) ?? ""));
    expect(clock, bound).toBe("00:00:00");
  }
  await admin.sees("Days and hours are those of the time zone Pacific/Auckland.");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`every number of the heat map can be read, ${colorScheme}`, async () => {
    const admin = await signsIn(browser, world, ADMIN, { colorScheme });
    const { page } = admin;
    await page.route("**/admin/reports*", async (route) => {
      const response = await route.fetch();
      const report = (await response.json()) as { weekdayHours: number[][] };
      report.weekdayHours = Array.from({ length: 7 }, (_, day) => Array.from({ length: 24 }, (_, hour) => day * 24 + hour));
      await route.fulfill({ response, json: report });
    });
    await goesTo(admin, "Figures");
    const cells = page.locator(".map .cell");
    await cells.last().waitFor();
    for (const brand of [undefined, "#000000", "#ffffff", "#767676", "#ffd400"]) {
      if (brand) {
        // The text colour that a page computes for an accent is at least readable on its surface.
        const text = colorScheme === "light" ? { "#ffffff": "#707070", "#ffd400": "#7a6600" }[brand] ?? brand : { "#000000": "#8a8a8a", "#767676": "#959595" }[brand] ?? brand;
        await page.evaluate(([name, value]) => document.documentElement.style.setProperty(name ?? "", value ?? ""), [`--brand-text-${colorScheme}`, text]);
      }
      const worst = await cells.evaluateAll((all) => {
        const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
        const rgb = (css: string) => {
          if (!canvas) return [0, 0, 0];
          canvas.fillStyle = css;
          canvas.fillRect(0, 0, 1, 1);
          return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const light = (css: string) => {
          const [red = 0, green = 0, blue = 0] = rgb(css).map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
          return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        };
        return Math.min(
          ...all
            .filter((cell) => cell.textContent)
            .map((cell) => {
              const style = getComputedStyle(cell);
              const [a = 0, b = 0] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
              return (a + 0.05) / (b + 0.05);
            }),
        );
      });
      expect(worst, `${colorScheme}, ${brand ?? "our own accent"}`).toBeGreaterThanOrEqual(4.5);
    }
    await page.evaluate(() => document.documentElement.removeAttribute("style"));
    await page.getByRole("heading", { name: "Chats by weekday" }).scrollIntoViewIfNeeded();
    await picture(page, `room-heat-${colorScheme}`);
    await page.emulateMedia({ forcedColors: "active" });
    await picture(page, `room-heat-${colorScheme}-forced`);
  });
}
