/** A visitor who waits while the last agent goes: a message can be left, the place is kept, and an agent may come back. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, openBrowser } from "./people";
import { until } from "./until";
import { World } from "./world";

/** How soon the page has to say that nobody is there any more. */
const SOON_MS = 5_000;

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start({ settings: { CHAT__LEAVE_GRACE: "1s" } });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  const known = async () => (await fetch(`${world.visitorUrl}/availability`)).json();
  await until("an empty desk", known, ({ agentsOnline }) => agentsOnline === 0);
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

const offer = (visitor: Visitor) => visitor.page.getByRole("button", { name: "Leave a message" });
const availability = (agent: Agent) => agent.page.getByRole("switch");

async function offered(visitor: Visitor): Promise<void> {
  await offer(visitor).waitFor({ timeout: SOON_MS });
  await visitor.sees("Nobody is at the desk right now");
}

/** A visitor who waits, and the only agent. */
async function waits(): Promise<{ visitor: Visitor; agent: Agent }> {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "Where is my parcel?");
  await visitor.sees("You are next");
  expect(await offer(visitor).isVisible()).toBe(false);
  return { visitor, agent };
}

test("the last agent closes the tab: the page offers to leave a message, until somebody comes", async () => {
  const { visitor, agent } = await waits();
  await agent.leaves();
  await offered(visitor);
  const other = await Agent.comes(browser, world, "Omar");
  await visitor.sees("You are next");
  await offer(visitor).waitFor({ state: "hidden" });
  await other.accepts("Mina");
  await other.reads("Where is my parcel?");
  await visitor.leaves();
  await other.leaves();
});

test("the last agent goes away: an untouched form turns back into the place in the line when the agent does", async () => {
  const { visitor, agent } = await waits();
  await availability(agent).click();
  await offered(visitor);
  await offer(visitor).click();
  await visitor.sees("your place in the line is kept");
  expect(await visitor.page.getByLabel("Your message").inputValue()).toBe("Where is my parcel?");
  await availability(agent).click();
  await visitor.sees("You are next");
  await agent.accepts("Mina");
  await visitor.leaves();
  await agent.leaves();
});

test("a message that is being written is not taken away, and goes on in the chat when an agent joins", async () => {
  const { visitor, agent } = await waits();
  await availability(agent).click();
  await offer(visitor).click({ timeout: SOON_MS });
  await visitor.page.getByLabel("Your message").fill("Where is my parcel?\nIt is a tent.");
  await availability(agent).click();
  await visitor.sees("Somebody is at the desk again");
  expect(await visitor.page.getByLabel("Your message").inputValue()).toContain("It is a tent.");
  await agent.accepts("Mina");
  await visitor.page.locator(".composer").waitFor();
  await until("the words", () => visitor.page.locator(".composer textarea").inputValue(), (text) => text === "It is a tent.");
  await visitor.page.locator(".composer textarea").press("Enter");
  await agent.reads("Where is my parcel?", "It is a tent.");
  await visitor.leaves();
  await agent.leaves();
});

test("who leaves a message goes on waiting", async () => {
  const { visitor, agent } = await waits();
  await agent.leaves();
  await offered(visitor);
  await offer(visitor).click();
  await visitor.page.getByLabel("Your e-mail").fill("mina@shop.example");
  await visitor.page.getByRole("button", { name: "Send message" }).click();
  await visitor.sees("Thank you. We will answer to mina@shop.example.");
  await visitor.page.getByRole("button", { name: "Back to the chat" }).click();
  await visitor.reads("Where is my parcel?");
  expect(await offer(visitor).isVisible()).toBe(false);
  const other = await Agent.comes(browser, world, "Omar");
  await other.accepts("Mina");
  await visitor.sees(/Omar joined/);
  await visitor.leaves();
  await other.leaves();
});
