/** The console's queue: who waits, who takes whom, and a desk that needs no reload. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, engaged, openBrowser } from "./people";
import { until } from "./until";
import { World } from "./world";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start({ settings: { CHAT__LEAVE_GRACE: "1s" } });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  const agent = await Agent.comes(browser, world, "Sweeper");
  // Whoever has gone leaves the queue, so that the next test begins with an empty one.
  await agent.seesWaiting();
  await agent.leaves();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function leave(...people: { leaves(): Promise<void> }[]): Promise<void> {
  for (const person of people) await person.leaves();
}

test("a row shows name, topic and first words, and its wait ticks", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world, "/c/Delivery");
  await visitor.starts("Mina", "Where is it?");
  await agent.seesWaiting("Mina");
  await until("the words", () => agent.page.locator(".waiting .about").textContent(), (text) => text === "Delivery · Where is it?");
  const wait = () => agent.page.locator(".waiting .wait").textContent();
  const first = await wait();
  await until("the wait", wait, (text) => text !== first);
  await agent.accepts("Mina");
  await leave(visitor, agent);
});

test("a visitor learns the place in the line", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const [first, second] = [await Visitor.opens(browser, world), await Visitor.opens(browser, world)];
  await first.starts("Mina", "first");
  await first.sees("You are next");
  await second.starts("Omar", "second");
  await second.sees("You are number 2 in line");
  await agent.accepts("Mina");
  await second.sees("You are next");
  await agent.accepts("Omar");
  await leave(first, second, agent);
});

test("the first screen says how long it usually takes, once that is known and somebody is there", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  for (const name of ["Ines", "Noor", "Paul"]) {
    const visitor = await Visitor.opens(browser, world);
    await visitor.starts(name, "hello");
    await agent.accepts(name);
    await leave(visitor);
  }
  const known = async () => (await fetch(`${world.visitorUrl}/availability`)).json();
  await until("the usual wait", known, ({ usualWaitSeconds }) => usualWaitSeconds !== undefined);
  const visitor = await Visitor.opens(browser, world);
  await visitor.sees("Usually answers within a minute");
  await leave(agent);
  await until("an empty desk", known, ({ agentsOnline }) => agentsOnline === 0);
  const answer = visitor.page.waitForResponse(/\/availability$/);
  await visitor.page.reload();
  await (await answer).finished();
  expect(await visitor.page.getByText(/Usually answers/).count()).toBe(0);
  await leave(visitor);
});

test("two consoles race for one request: one wins, the other learns of it", async () => {
  const [vika, omar] = [await Agent.comes(browser, world, "Vika"), await Agent.comes(browser, world, "Omar")];
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "hello");
  await Promise.all([vika.seesWaiting("Mina"), omar.seesWaiting("Mina")]);
  const button = (agent: Agent) => agent.page.getByRole("button", { name: "Accept Mina" });
  await Promise.all([vika, omar].map((agent) => button(agent).click({ timeout: 5_000 }).catch(() => undefined)));
  await visitor.sees(/joined/);
  const holders = async () => Promise.all([vika, omar].map((agent) => agent.page.locator(".pane .message").count()));
  await until("one holder", holders, ([a = 0, b = 0]) => a + b === 1);
  await until("empty queues", async () => [await vika.waiting(), await omar.waiting()].flat(), (rows) => rows.length === 0);
  await leave(visitor, vika, omar);
});

test("who declines sees the visitor no more, the others still do", async () => {
  const [vika, omar] = [await Agent.comes(browser, world, "Vika"), await Agent.comes(browser, world, "Omar")];
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "hello");
  await omar.seesWaiting("Mina");
  await vika.page.getByRole("button", { name: "Decline Mina" }).click();
  await vika.seesWaiting();
  await omar.seesWaiting("Mina");
  await omar.page.getByRole("button", { name: "Decline Mina" }).click();
  await visitor.sees("Everyone is busy at the moment");
  world.feedRoad.cut();
  world.feedRoad.restore();
  const next = await Agent.comes(browser, world, "Siti");
  await next.accepts("Mina");
  await vika.seesWaiting();
  await leave(visitor, vika, omar, next);
});

test("nobody at the desk is said as it is", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  await agent.page.getByRole("switch").click();
  await agent.page.getByRole("switch", { name: "Away" }).waitFor();
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "hello");
  await visitor.sees("Nobody is at the desk right now");
  await agent.page.getByRole("switch").click();
  await visitor.sees("You are next");
  await agent.accepts("Mina");
  await leave(visitor, agent);
});

test("several chats at once: unread counts, drafts, side by side, by keyboard", async () => {
  const { visitor: mina, agent } = await engaged(browser, world, "Mina");
  const omar = await Visitor.opens(browser, world);
  await omar.starts("Omar", "second");
  await agent.seesWaiting("Omar");
  await agent.page.locator(".composer textarea").fill("a draft for Mina");
  await agent.page.keyboard.press("Alt+n");
  await agent.page.getByRole("region", { name: "Chat with Omar" }).waitFor();
  await agent.reads("second");
  await mina.says("are you there?");
  await until("the badge", () => agent.page.locator(".mine .badge").textContent(), (text) => text?.startsWith("1") ?? false);
  await until("the title", () => agent.page.title(), (title) => title.startsWith("(1)"));
  await agent.page.keyboard.press("Alt+u");
  await agent.reads("hello", "are you there?");
  expect(await agent.page.locator(".composer textarea").inputValue()).toBe("a draft for Mina");
  expect(await agent.page.locator(".mine .badge").count()).toBe(0);
  await agent.page.locator(".mine .row", { hasText: "Omar" }).click({ modifiers: ["Control"] });
  expect(await agent.page.locator(".pane").count()).toBe(2);
  await agent.page.reload();
  await until("the drafts", () => agent.page.locator(".composer textarea").first().inputValue(), (text) => text === "a draft for Mina");
  await leave(mina, omar, agent);
});

test("the queue is whole again after the feed was away", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const [gone, stays] = [await Visitor.opens(browser, world), await Visitor.opens(browser, world)];
  await gone.starts("Gone", "one");
  await stays.starts("Stays", "two");
  await agent.seesWaiting("Gone", "Stays");
  for (const service of world.subscribers) await service.stop();
  await agent.sees("Reconnecting…");
  await gone.page.getByRole("button", { name: "End chat" }).click();
  await gone.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
  await gone.sees("You ended this chat.");
  const comes = await Visitor.opens(browser, world);
  await comes.starts("Comes", "three");
  for (const service of world.subscribers) await service.start();
  await agent.seesWaiting("Stays", "Comes");
  await leave(gone, stays, comes, agent);
});
