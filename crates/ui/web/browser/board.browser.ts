/** The supervisor's board: what is going on, watched in silence, and what is done about it, as every side sees it. */
import type { Browser, Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { look } from "./look";
import { Visitor, openBrowser, type Agent } from "./people";
import { ADMIN, Office, goesTo, signsIn, startWorld, type Person } from "./staff";
import { until } from "./until";
import type { World } from "./world";

let browser: Browser;
let world: World;
let vika: Person;
let otto: Person;
let rosa: Person;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld({ CHAT__LEAVE_GRACE: "60s", PRESENCE__GRACE: "500ms" });
  const office = await Office.opens(world);
  vika = await office.hires("Vika");
  otto = await office.hires("Otto");
  rosa = await office.hires("Rosa", "supervisor");
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function opensBoard(who = rosa): Promise<Agent> {
  const supervisor = await signsIn(browser, world, who);
  await goesTo(supervisor, "Board");
  await supervisor.page.getByText("Staff online").waitFor();
  return supervisor;
}

const row = ({ page }: Agent, name: string): Locator => page.locator("tbody tr", { hasText: name });
/** What its columns say. */
const cells = (supervisor: Agent, name: string): Locator => row(supervisor, name).locator("td.wide");
const drawer = ({ page }: Agent): Locator => page.getByRole("complementary", { name: /^Watching/ });

async function watches(supervisor: Agent, name: string): Promise<void> {
  await row(supervisor, name).getByRole("button").click();
  await drawer(supervisor).getByRole("heading", { name }).waitFor();
}

/** A visitor whom Vika answers. */
async function talk(name: string): Promise<{ visitor: Visitor; agent: Agent }> {
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world, "/c/Delivery");
  await visitor.starts(name, "Where is my order?");
  await agent.accepts(name);
  await agent.says("Let me look.");
  await visitor.reads("Where is my order?", "Let me look.");
  return { visitor, agent };
}

async function leave(...people: { leaves(): Promise<void> }[]): Promise<void> {
  for (const person of people) await person.leaves();
}

/** The visitor ends it, so that nothing of it is on the next test's board. */
async function ends({ page }: Visitor): Promise<void> {
  await page.getByRole("button", { name: "End chat" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
  await page.locator(".ended").waitFor();
}

test("a supervisor watches in silence and whispers: the agent reads it, also after a reload, and the visitor does not", async () => {
  const { visitor, agent } = await talk("Mina");
  const supervisor = await opensBoard();
  await cells(supervisor, "Mina").getByText("Vika").waitFor();
  await watches(supervisor, "Mina");
  await supervisor.reads("Where is my order?", "Let me look.");
  await visitor.says("It is number 10482");
  await supervisor.reads("Where is my order?", "Let me look.", "It is number 10482");
  await row(supervisor, "Mina").getByText("It is number 10482").waitFor();
  const field = supervisor.page.getByLabel("Whisper to Vika");
  await field.fill("Offer free shipping");
  await field.press("Enter");
  await agent.sees("Rosa whispers:");
  await agent.sees("Offer free shipping");
  await drawer(supervisor).getByText("Offer free shipping").waitFor();
  expect(await field.inputValue()).toBe("");
  await agent.says("Shipping is on us.");
  await visitor.reads("Where is my order?", "Let me look.", "It is number 10482", "Shipping is on us.");
  expect(await visitor.page.getByText("Offer free shipping").count()).toBe(0);
  expect(await visitor.page.getByText(/Rosa/).count()).toBe(0);
  await agent.page.reload();
  await agent.sees("Rosa whispers:");
  await ends(visitor);
  await drawer(supervisor).getByText("This chat has ended.").waitFor();
  await leave(visitor, agent, supervisor);
});

test("a chat is taken over: the taker talks, the visitor reads who is there, the former agent is told", async () => {
  const { visitor, agent } = await talk("Jonas");
  const supervisor = await opensBoard();
  await watches(supervisor, "Jonas");
  await drawer(supervisor).getByRole("button", { name: "Take over" }).click();
  await supervisor.page.getByRole("dialog").getByRole("button", { name: "Take over" }).click();
  await supervisor.page.getByRole("region", { name: "Chat with Jonas" }).waitFor();
  await supervisor.reads("Where is my order?", "Let me look.");
  await visitor.sees(/Rosa is now with you/);
  await supervisor.says("I have it in my hands.");
  await visitor.reads("Where is my order?", "Let me look.", "I have it in my hands.");
  await visitor.sees("You are talking to Rosa");
  expect(await visitor.page.locator(".message:not(.mine) .name").allTextContents()).toEqual(["Vika", "Rosa"]);
  await agent.page.locator(".over").getByText("Rosa has taken over.").waitFor();
  await look(visitor.page, "visitor-taken-over");
  await look(agent.page, "console-taken-over");
  await look(supervisor.page, "console-taking-over");
  await supervisor.page.reload();
  await supervisor.reads("Where is my order?", "Let me look.", "I have it in my hands.");
  await ends(visitor);
  await leave(visitor, agent, supervisor);
});

test("a flag is seen by all of the staff at once, and by no visitor", async () => {
  const { visitor, agent } = await talk("Lena");
  const supervisor = await opensBoard();
  await agent.page.getByRole("button", { name: "Flag", exact: true }).click();
  await agent.page.getByRole("dialog").getByText("Urgent").click();
  await cells(supervisor, "Lena").getByText("Urgent").waitFor();
  const list = supervisor.page.getByRole("region", { name: "Flagged lately" });
  await list.getByRole("button", { name: "Lena" }).click();
  await drawer(supervisor).getByText("Attention").click();
  await agent.page.keyboard.press("Escape");
  await agent.page.getByRole("region", { name: "Chat with Lena" }).getByRole("heading").getByText("Attention").waitFor();
  const waits = await Visitor.opens(browser, world);
  const first = await Visitor.opens(browser, world);
  await first.starts("Omar", "I was first");
  await waits.starts("Siti", "I am in a hurry");
  await agent.seesWaiting("Omar", "Siti");
  await watches(supervisor, "Siti");
  await drawer(supervisor).getByText("Urgent").click();
  await agent.seesWaiting("Siti", "Omar");
  await agent.page.locator(".waiting li").first().getByText("Urgent").waitFor();
  await drawer(supervisor).getByText("No flag").click();
  await agent.seesWaiting("Omar", "Siti");
  await list.getByRole("button", { name: "Siti" }).waitFor({ state: "detached" });
  for (const each of [visitor, waits, first]) {
    expect(await each.page.getByText(/Urgent|Attention/).count()).toBe(0);
    await ends(each);
  }
  await leave(visitor, waits, first, agent, supervisor);
});

test("a chat is reassigned to a colleague who is there, with a note", async () => {
  const { visitor, agent } = await talk("Ahmad");
  const colleague = await signsIn(browser, world, otto);
  const supervisor = await opensBoard();
  await watches(supervisor, "Ahmad");
  await drawer(supervisor).getByRole("button", { name: "Reassign" }).click();
  const sheet = supervisor.page.getByRole("dialog");
  await sheet.getByRole("radio", { name: /Otto/ }).check();
  await sheet.getByLabel("Note for the colleague").fill("Refund, please");
  await sheet.getByRole("button", { name: "Reassign" }).click();
  await supervisor.sees("Ahmad was given to Otto.");
  await colleague.sees(/Handed over by Rosa\..*Refund, please/);
  await agent.sees(/has this chat now|has taken over/);
  await colleague.accepts("Ahmad");
  await colleague.says("I am on it");
  await visitor.reads("Where is my order?", "Let me look.", "I am on it");
  await ends(visitor);
  await leave(visitor, agent, colleague, supervisor);
});

test("who of the staff is there, and how, is shown live; colleagues see it where they hand a chat on", async () => {
  const { visitor, agent } = await talk("Nadia");
  const supervisor = await opensBoard();
  const staff = supervisor.page.getByRole("region", { name: "Staff online" });
  const line = staff.locator("li", { hasText: "Vika" });
  await line.getByText("Available").waitFor();
  await line.getByText("1 chat").waitFor();
  const colleague = await signsIn(browser, world, otto);
  await staff.locator("li", { hasText: "Otto" }).waitFor();
  await colleague.page.getByRole("switch").click();
  await staff.locator("li", { hasText: "Otto" }).getByText("Away").waitFor();
  await agent.page.getByRole("button", { name: "Transfer" }).click();
  await agent.page.locator("dialog label", { hasText: "Otto" }).getByText("Away").waitFor();
  await colleague.leaves();
  await staff.locator("li", { hasText: "Otto" }).waitFor({ state: "detached" });
  await agent.page.locator("dialog label", { hasText: "Otto" }).getByText("Not at the desk").waitFor();
  await agent.page.keyboard.press("Escape");
  await ends(visitor);
  await leave(visitor, agent, supervisor);
});

test("a lost connection is said, and what happened meanwhile is there when it is back", async () => {
  const { visitor, agent } = await talk("Yuki");
  const supervisor = await opensBoard();
  await watches(supervisor, "Yuki");
  await supervisor.reads("Where is my order?", "Let me look.");
  world.feedRoad.cut();
  await supervisor.sees("Reconnecting: this may be a moment old");
  await visitor.says("Hello?");
  await visitor.isDone();
  const other = await Visitor.opens(browser, world);
  await other.starts("Pavel", "While you were away");
  world.feedRoad.restore();
  await supervisor.reads("Where is my order?", "Let me look.", "Hello?");
  await row(supervisor, "Pavel").waitFor();
  await supervisor.page.getByText("Reconnecting: this").waitFor({ state: "detached" });
  for (const each of [visitor, other]) await ends(each);
  await leave(visitor, other, agent, supervisor);
});

test("by keyboard alone: sorted, found, opened, closed", async () => {
  const [first, second] = [await Visitor.opens(browser, world), await Visitor.opens(browser, world)];
  await first.starts("Zoe", "I came first");
  await second.starts("Anna", "I came second");
  const supervisor = await opensBoard();
  const { page } = supervisor;
  const names = () => page.locator("tbody tr button bdi").allTextContents();
  const shows = (...wanted: string[]) => until("the rows", names, (seen) => JSON.stringify(seen) === JSON.stringify(wanted));
  await shows("Zoe", "Anna");
  await page.getByRole("columnheader", { name: "Visitor" }).getByRole("button").press("Enter");
  await shows("Anna", "Zoe");
  expect(await page.getByRole("columnheader", { name: "Visitor" }).getAttribute("aria-sort")).toBe("ascending");
  await page.getByLabel("Find chats").pressSequentially("came first");
  await shows("Zoe");
  await page.getByLabel("Show").selectOption("With an agent");
  await page.getByText("No chat fits.").waitFor();
  await page.getByLabel("Show").selectOption("Waiting");
  await row(supervisor, "Zoe").getByRole("button").press("Enter");
  await drawer(supervisor).getByText("Nobody sees you here.").waitFor();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("watched");
  await page.keyboard.press("Escape");
  await drawer(supervisor).waitFor({ state: "detached" });
  await until("focus is back", () => page.evaluate(() => document.activeElement?.textContent), (text) => text?.includes("Zoe") ?? false);
  for (const each of [first, second]) await ends(each);
  await leave(first, second, supervisor);
});

test("nobody takes a chat from somebody who stands as high, and agents have no board", async () => {
  const admin = await signsIn(browser, world, ADMIN);
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Tomas", "hello");
  await admin.accepts("Tomas");
  const supervisor = await opensBoard();
  await watches(supervisor, "Tomas");
  expect(await drawer(supervisor).getByRole("button", { name: "Take over" }).isDisabled()).toBe(true);
  const agent = await signsIn(browser, world, vika);
  await agent.page.getByRole("link", { name: "Follow-ups" }).first().waitFor();
  expect(await agent.page.getByRole("link", { name: "Board" }).count()).toBe(0);
  await ends(visitor);
  await leave(visitor, admin, supervisor, agent);
});
