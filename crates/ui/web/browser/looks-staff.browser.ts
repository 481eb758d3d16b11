/** How the pages of members of staff look, and that everybody can use them. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { LOOKS, look } from "./look";
import { Agent, Visitor, openBrowser } from "./people";
import { ADMIN, Office, fillsIn, goesTo, signsIn, startWorld, type Person } from "./staff";
import { until } from "./until";
import type { World } from "./world";

const RTL = "rtl";
let browser: Browser;
let world: World;
let vika: Person;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld();
  const office = await Office.opens(world);
  const otto = await office.hires("Otto Brandt", "supervisor");
  vika = await office.hires("Vika Larsen", "agent", otto.id);
  const sam = await office.hires("Sam Rivera", "agent", otto.id);
  await office.asks("PATCH", `/staff/accounts/${sam.id}`, { active: false });
  for (const [name, email, text] of [
    ["Siti Rahman", "siti@example.com", "Boleh saya tukar saiz?"],
    ["أحمد علي", "ahmad@example.com", "أين طلبي من فضلك؟"],
    ["Jonas Weber", "jonas@example.com", `I was charged twice. ${"Please have a look at it. ".repeat(12)}`],
  ]) {
    await fetch(`${world.visitorsRoad.url}/follow-ups`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name, email, text }),
    });
  }
  await talks("Mina Okafor", "My order 10482 has not arrived");
  await talks("王小明", "请问什么时候发货？");
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** A chat from beginning to end, rated. */
async function talks(name: string, words: string): Promise<void> {
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world, "/c/Delivery");
  await visitor.starts(name, words);
  await agent.accepts(name);
  await agent.says("I am looking at it now.");
  await visitor.sees("I am looking at it now.");
  await agent.page.getByLabel("Add a note for colleagues").fill("Prefers an answer by e-mail.");
  await agent.page.getByRole("button", { name: "Save note" }).click();
  await agent.page.locator("article").waitFor();
  await visitor.page.getByRole("button", { name: "End chat" }).click();
  await visitor.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
  await visitor.page.getByRole("radio", { name: "Good", exact: true }).check();
  await visitor.page.getByRole("button", { name: "Send rating" }).click();
  await visitor.sees("Thank you for your rating.");
  for (const { context } of [visitor, agent]) await context.close();
}

async function mirror(agent: Agent, looks: string): Promise<void> {
  if (looks === RTL) await agent.page.evaluate(() => (document.documentElement.dir = "rtl"));
}

const EVERY: Record<string, BrowserContextOptions> = { ...LOOKS, [RTL]: {} };

for (const [looks, options] of Object.entries(EVERY)) {
  test(`the admin's pages, ${looks}`, async () => {
    const admin = await signsIn(browser, world, ADMIN, options);
    await mirror(admin, looks);
    const { page } = admin;
    await goesTo(admin, "Follow-ups");
    await page.getByRole("article").first().waitFor();
    await look(page, `follow-ups-${looks}`);
    await goesTo(admin, "Transcripts");
    await until("the chats", () => page.getByRole("button", { name: /^Read the chat/ }).count(), (count) => count >= 2);
    await look(page, `transcripts-${looks}`);
    await page.getByRole("button", { name: "Read the chat with Mina Okafor" }).click();
    await page.getByRole("dialog").getByText("I am looking at it now.").waitFor();
    await page.getByRole("button", { name: "Erase this visitor" }).click();
    await look(page, `transcript-${looks}`);
    await page.keyboard.press("Escape");
    await goesTo(admin, "Figures");
    await page.getByRole("img", { name: "Chats per day" }).waitFor();
    await look(page, `figures-${looks}`);
    await page.getByRole("heading", { name: "Chats by weekday" }).scrollIntoViewIfNeeded();
    await look(page, `figures-more-${looks}`);
    const charts = page.getByRole("button", { name: /^Table/ });
    while ((await charts.count()) > 0) await charts.first().click();
    await look(page, `figures-tables-${looks}`);
    await goesTo(admin, "People");
    await page.getByRole("button", { name: "Edit Vika Larsen" }).waitFor();
    await look(page, `people-${looks}`);
    await page.getByRole("button", { name: "Edit Vika Larsen" }).click();
    await look(page, `person-${looks}`);
    await page.keyboard.press("Escape");
    await goesTo(admin, "Permission groups");
    await page.getByRole("region", { name: "default" }).waitFor();
    await look(page, `groups-${looks}`);
    await goesTo(admin, "Settings");
    await page.getByLabel("Text when an agent joins").waitFor();
    await look(page, `settings-${looks}`);
    await goesTo(admin, "Audit log");
    await page.getByRole("row", { name: /account created/ }).first().waitFor();
    await look(page, `audit-${looks}`);
  });

  test(`an agent's tools, ${looks}`, async () => {
    const agent = await signsIn(browser, world, vika, options);
    await mirror(agent, looks);
    const visitor = await Visitor.opens(browser, world, "/c/Delivery");
    await visitor.starts(`Lena ${looks}`, "Do these boots run small?");
    await agent.accepts(`Lena ${looks}`);
    const { page } = agent;
    const field = page.locator(".composer textarea");
    await field.pressSequentially("/");
    await page.getByRole("button", { name: "Manage" }).click();
    for (const [name, text] of [["greet", "Good day {visitor}, this is {agent}. How can I help?"], ["sizes", "Most people take half a size more."]] as const) {
      if (await page.getByRole("button", { name: `Edit ${name}` }).count()) continue;
      await page.getByRole("button", { name: "Add a reply" }).click();
      await page.getByLabel("Name", { exact: true }).fill(name);
      await page.getByLabel("Text (EN)").fill(text);
      if (name === "greet") await look(page, `reply-${looks}`);
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByRole("button", { name: `Edit ${name}` }).waitFor();
    }
    await look(page, `replies-${looks}`);
    await page.keyboard.press("Escape");
    await page.getByRole("option").first().waitFor();
    await look(page, `reply-list-${looks}`);
    await field.fill("");
    // Where there is no room for a third column they open over the chat, as do the tools.
    const opens = async (name: string) => {
      if (looks === "phone") await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("button", { name }).click();
    };
    if (looks === "phone") await opens("Details");
    await page.getByLabel("Add a tag").fill("boots");
    await page.keyboard.press("Enter");
    await page.getByLabel("Add a note for colleagues").fill("Second question this week.");
    await page.getByRole("button", { name: "Save note" }).click();
    await page.locator("article", { hasText: "Second question" }).waitFor();
    await look(page, `details-${looks}`);
    if (looks === "phone") await page.keyboard.press("Escape");
    await opens("Transfer");
    await page.getByRole("radio").first().waitFor();
    await look(page, `transfer-${looks}`);
  });

  test(`the visitor leaves a message and rates, ${looks}`, async () => {
    // Whoever was here a moment ago still counts, and the page asks once.
    const online = async () => ((await (await fetch(`${world.visitorsRoad.url}/availability`)).json()) as { agentsOnline: number }).agentsOnline;
    await until("nobody is there", online, (count) => count === 0);
    const visitor = await Visitor.opens(browser, world, "/", options);
    if (looks === RTL) await visitor.page.evaluate(() => (document.documentElement.dir = "rtl"));
    await visitor.sees("Nobody is at the desk right now");
    await look(visitor.page, `visitor-nobody-${looks}`);
    await visitor.page.getByRole("button", { name: "Leave a message" }).click();
    await visitor.page.getByRole("button", { name: "Send message" }).click();
    await look(visitor.page, `visitor-leaves-${looks}`);
    await visitor.page.getByLabel("Your name").fill("Mina");
    await visitor.page.getByLabel("Your e-mail").fill("mina@example.com");
    await visitor.page.getByLabel("Your message").fill("Where is my order?");
    await visitor.page.getByRole("button", { name: "Send message" }).click();
    await visitor.sees("Thank you. We will answer");
    await look(visitor.page, `visitor-left-${looks}`);
    await visitor.page.getByRole("button", { name: "Back" }).click();
    const agent = await signsIn(browser, world, vika);
    await visitor.starts(`Mina rates ${looks}`, "hello");
    await agent.accepts(`Mina rates ${looks}`);
    await visitor.page.getByRole("button", { name: "End chat" }).click();
    await visitor.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
    await visitor.page.getByRole("radio", { name: "Good", exact: true }).check();
    await look(visitor.page, `visitor-rates-${looks}`);
  });

  test(`signing in, ${looks}`, async () => {
    const agent = await Agent.arrives(browser, world, options);
    await mirror(agent, looks);
    await agent.page.getByRole("button", { name: "Sign in with an account" }).click();
    await fillsIn(agent, { email: "nobody@example.com", password: "not a password" });
    await agent.page.getByRole("alert").waitFor();
    await look(agent.page, `sign-in-${looks}`);
  });
}
