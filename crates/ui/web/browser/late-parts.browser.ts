/** Parts of the pages that are loaded after them: with a bad network, and after an update that took their files away. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, engaged, openBrowser, openPage } from "./people";
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

/** Files of that name cannot be had, until `mend` is called. */
async function lost(page: Page, name: string): Promise<{ mend: () => void }> {
  let broken = true;
  await page.route(new RegExp(`/assets/${name}-[^/]+\\.(js|css)`), (route) => (broken ? route.fulfill({ status: 404 }) : route.continue()));
  return { mend: () => (broken = false) };
}

async function comesWithout(part: string): Promise<{ visitor: Visitor; mend: () => void }> {
  const { context, page, errors } = await openPage(browser, {});
  const { mend } = await lost(page, part);
  await page.goto(world.visitorUrl);
  await page.locator("form").first().waitFor();
  return { visitor: new Visitor(context, page, errors), mend };
}

const leaveMessage = (visitor: Visitor) => visitor.page.getByRole("button", { name: "Leave a message" }).click();

test("the message for later comes by itself once it can be had, with the words in it and the cursor in its first field", async () => {
  const { visitor, mend } = await comesWithout("late");
  const { page } = visitor;
  await page.getByLabel("Your question").fill("Where is my parcel?");
  await leaveMessage(visitor);
  await visitor.sees("We cannot reach the desk yet and keep trying. Your text is safe.");
  mend();
  await page.getByLabel("Your message").waitFor();
  expect(await page.getByLabel("Your message").inputValue()).toBe("Where is my parcel?");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("leave-name");
  await visitor.leaves();
});

test("where it never comes one can go back, or load the page anew and find the words again", async () => {
  const { visitor, mend } = await comesWithout("late");
  const { page } = visitor;
  await page.getByLabel("Your question").fill("Where is my parcel?");
  await leaveMessage(visitor);
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByLabel("Your name").waitFor();
  await leaveMessage(visitor);
  const again = page.getByRole("button", { name: "Try again" });
  await again.waitFor();
  const anew = page.waitForEvent("framenavigated");
  await again.click();
  await anew;
  mend();
  await page.locator("form").first().waitFor();
  await leaveMessage(visitor);
  const field = page.getByLabel("Your message");
  await field.waitFor();
  expect(await field.inputValue()).toBe("Where is my parcel?");
  await visitor.leaves();
});

test("a chat ends without its rating, which comes once it can be had", async () => {
  const agent = await Agent.comes(browser, world, "Vika");
  const { visitor, mend } = await comesWithout("late");
  await visitor.starts("Mina", "hello");
  await agent.accepts("Mina");
  await agent.says("Hi");
  await visitor.reads("hello", "Hi");
  await visitor.page.getByRole("button", { name: "End chat" }).click();
  await visitor.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
  await visitor.sees("You ended this chat.");
  await visitor.page.getByRole("button", { name: "Start a new chat" }).waitFor();
  expect(await visitor.page.getByText("How was this chat?").count()).toBe(0);
  mend();
  await visitor.page.getByRole("radio", { name: "Good", exact: true }).check();
  // Its looks have come with it.
  expect(await visitor.page.locator(".rating fieldset").evaluate((set) => getComputedStyle(set).display)).toBe("flex");
  await visitor.leaves();
  await agent.leaves();
});

test("a sheet of the console that cannot be had says so, and is there by itself once it can be", async () => {
  for (const file of ["sheets-[^/]+.js", "sheets-[^/]+.css"]) {
    const { context, page, errors } = await openPage(browser, {});
    let broken = true;
    await page.route(new RegExp(`/assets/${file}`), (route) => (broken ? route.abort() : route.continue()));
    await page.goto(world.consoleUrl);
    await page.getByLabel("Display name").fill("Vika");
    await page.getByRole("button", { name: "Go to the desk" }).click();
    await page.getByText("Connected").waitFor();
    await page.getByRole("button", { name: "Keyboard" }).click();
    await page.getByRole("dialog").getByText("This could not be loaded. Trying again…").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Reload the page" }).waitFor();
    broken = false;
    await page.locator("kbd").first().waitFor();
    expect(await page.getByRole("dialog").count()).toBe(1);
    expect(await page.locator("kbd").first().evaluate((key) => getComputedStyle(key).textAlign)).toBe("center");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await new Agent(context, page, errors).leaves();
  }
});

test("what is loaded once the desk is there opens without a network", async () => {
  const { agent, visitor } = await engaged(browser, world);
  await agent.page.waitForLoadState("networkidle").catch(() => {});
  await agent.page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => /\/assets\/sheets-[^/]+\.js/.test(name)));
  await agent.context.setOffline(true);
  await agent.page.getByRole("button", { name: "Settings" }).click();
  await agent.page.getByRole("dialog").getByText("Signed in as Vika").waitFor();
  await agent.context.setOffline(false);
  await visitor.leaves();
  await agent.leaves();
});
