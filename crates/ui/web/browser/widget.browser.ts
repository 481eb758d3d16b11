/** The widget on somebody else's site, under a policy that allows nothing but our scripts and frames. */
import type { Browser, FrameLocator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, openBrowser } from "./people";
import { Site } from "./site";
import { until } from "./until";
import { World } from "./world";

let browser: Browser;
let world: World;
let site: Site;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start();
  site = await Site.start(world.visitorUrl);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await world?.stop();
});

interface Visit {
  page: Page;
  launcher: ReturnType<Page["locator"]>;
  chat: FrameLocator;
  urls: string[];
  complaints: string[];
}

async function visit(url = site.url): Promise<Visit> {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1200, height: 860 } });
  const page = await context.newPage();
  const [urls, complaints]: [string[], string[]] = [[], []];
  page.on("request", (request) => urls.push(request.url()));
  page.on("websocket", (socket) => urls.push(socket.url()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) complaints.push(message.text());
  });
  await page.goto(url);
  const launcher = page.locator("helpline-widget .launcher");
  await launcher.waitFor();
  return { page, launcher, chat: page.frameLocator("helpline-widget iframe"), urls, complaints };
}

async function starts({ launcher, chat }: Visit, name: string, question: string): Promise<void> {
  await launcher.click();
  await chat.getByLabel("Your name").pressSequentially(name);
  await chat.getByLabel("Your question").fill(question);
  await chat.getByRole("button", { name: "Start chat" }).click();
  await chat.locator(".composer").waitFor();
}

/** How much a frame has stored. A frame whose browser forbids it to store anything has stored nothing. */
function traces(): number {
  try {
    return localStorage.length + sessionStorage.length + document.cookie.length;
  } catch {
    return 0;
  }
}

test("before the first click there is one request, and before the first word no trace", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visited = await visit();
  const { page, launcher, chat, urls, complaints } = visited;
  const ours = () => urls.filter((url) => url.startsWith(world.visitorUrl));
  expect(ours()).toEqual([`${world.visitorUrl}/widget.js`]);
  await launcher.click();
  await chat.getByLabel("Your name").fill("Mina");
  expect(urls.filter((url) => !url.startsWith(world.visitorUrl) && !url.startsWith(site.url) && !url.startsWith("data:"))).toEqual([]);
  expect(ours().filter((url) => url.includes("/user/") || url.startsWith("ws"))).toEqual([]);
  for (const frame of page.frames()) {
    expect(await frame.evaluate(traces)).toBe(0);
  }
  expect(await page.context().cookies()).toEqual([]);
  expect(await agent.waiting()).toEqual([]);
  expect(complaints).toEqual([]);
});

test("a visitor talks through it, and no token stands in any URL", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visited = await visit();
  await starts(visited, "Talker", "Is it waterproof?");
  await agent.accepts("Talker");
  await agent.reads("Is it waterproof?");
  await agent.says("It is.");
  await visited.chat.getByText("It is.").waitFor();
  // The browser gives a frame of another site no storage, so the site's own page keeps the visit.
  const token = await visited.page.evaluate(() => {
    const { kept } = JSON.parse(sessionStorage.getItem("helpline") ?? "{}");
    return JSON.parse(kept["helpline.chat"]).token as string;
  });
  expect(token).toBeTruthy();
  expect(visited.urls.filter((url) => url.includes(String(token)))).toEqual([]);
  expect(visited.complaints).toEqual([]);
});

test("it survives navigation by script and by page, and counts what was missed", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visited = await visit();
  const { page, launcher, chat } = visited;
  await starts(visited, "Walker", "hello");
  await agent.accepts("Walker");
  await page.locator("#spa").click();
  await page.getByText("Another view").waitFor();
  await chat.locator(".composer textarea").pressSequentially("still here");
  await chat.locator(".composer textarea").press("Enter");
  await agent.reads("hello", "still here");
  await launcher.click();
  await agent.says("one");
  await until("the badge", () => page.locator("helpline-widget .badge").textContent(), (text) => text === "1");
  expect(await launcher.getAttribute("aria-label")).toBe("Chat with us, 1 new");
  await page.goto(`${site.url}/next`);
  await until("the badge", () => page.locator("helpline-widget .badge").textContent(), (text) => text === "1");
  await launcher.click();
  await chat.getByText("one", { exact: true }).waitFor();
  await agent.page.locator(".message.seen").waitFor();
  expect(await page.locator("helpline-widget .badge").textContent()).toBe("");
});

test("a chat that loads behind a closed panel is not read, however late the launcher speaks", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visited = await visit();
  const { page, launcher, chat } = visited;
  await starts(visited, "Hurrier", "hello");
  await agent.accepts("Hurrier");
  await launcher.click();
  await agent.says("one");
  const badge = () => page.locator("helpline-widget .badge").textContent();
  await until("the badge", badge, (text) => text === "1");
  await page.addInitScript(() => {
    if (self !== top) return;
    const post = MessagePort.prototype.postMessage as (this: MessagePort, message: unknown) => void;
    const held: (() => void)[] = [];
    Object.assign(self, { release: () => held.splice(0).forEach((say) => say()) });
    MessagePort.prototype.postMessage = function (message: { type: string }) {
      const say = () => post.call(this, message);
      if (message.type === "shown") held.push(say);
      else say();
    };
  });
  await page.goto(`${site.url}/next`);
  expect(await badge()).toBe("1");
  await chat.getByText("one", { exact: true }).waitFor({ state: "attached" });
  await agent.says("two");
  await until("the badge", badge, (text) => text === "2");
  expect(await agent.page.locator(".message.seen").count()).toBe(0);
  await launcher.click();
  await page.evaluate(() => (self as unknown as { release(): void }).release());
  await until("the badge", badge, (text) => text === "");
  await agent.page.locator(".message.seen").waitFor();
});

test("neither page's style leaks", async () => {
  const { page, launcher, chat } = await visit();
  const heading = () => page.locator("h1").evaluate((element) => getComputedStyle(element).cssText || getComputedStyle(element).font);
  const before = await heading();
  expect(await launcher.evaluate((element) => element.getBoundingClientRect().width)).toBe(56);
  expect(await launcher.evaluate((element) => getComputedStyle(element).borderTopWidth)).toBe("0px");
  await launcher.click();
  await chat.getByRole("button", { name: "Start chat" }).waitFor();
  expect(await heading()).toBe(before);
  const size = await chat.getByRole("heading", { name: "How can we help?" }).evaluate((element) => getComputedStyle(element).letterSpacing);
  expect(size).not.toBe("4px");
});

test("by keyboard: it opens, takes the focus, Escape closes it and gives the focus back", async () => {
  const { page, launcher, chat } = await visit();
  await launcher.focus();
  await page.keyboard.press("Enter");
  await chat.getByLabel("Your name").and(chat.locator(":focus")).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("helpline-widget .panel").waitFor({ state: "hidden" });
  const focused = () => page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className);
  await until("the focus", focused, (name) => name === "launcher");
});

test("a site may say who its visitor is, and open and close the chat", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const { page, chat } = await visit();
  await page.evaluate(() => {
    window.Helpline?.identify({ name: "Nur Aisyah", email: "nur@example.com" });
    window.Helpline?.open();
  });
  await chat.getByLabel("Your question").fill("hello");
  expect(await chat.getByLabel("Your name").isVisible()).toBe(false);
  await chat.getByRole("button", { name: "Start chat" }).click();
  await agent.accepts("Nur Aisyah");
  await page.evaluate(() => window.Helpline?.close());
  await page.locator("helpline-widget .panel").waitFor({ state: "hidden" });
});

test("colours, side, texts and language come from attributes", async () => {
  const attributes = `data-title="客服" data-accent="#ffd400" data-position="left" data-lang="zh" data-welcome="欢迎光临"`;
  const other = await Site.start(world.visitorUrl, attributes);
  const { launcher, chat } = await visit(other.url);
  expect(await launcher.getAttribute("aria-label")).toBe("在线咨询");
  expect(await launcher.evaluate((element) => element.getBoundingClientRect().left)).toBe(20);
  const colours = await launcher.evaluate((element) => [getComputedStyle(element).backgroundColor, getComputedStyle(element).color]);
  expect(colours).toEqual(["rgb(255, 212, 0)", "rgb(0, 0, 0)"]);
  await launcher.click();
  await chat.getByRole("heading", { name: "欢迎光临" }).waitFor();
  await chat.getByRole("button", { name: "开始对话" }).waitFor();
  await other.stop();
});
