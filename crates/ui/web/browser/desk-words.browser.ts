/** No word of an agent is lost, and none goes where it was not meant to: canned replies, notes, tags, sheets, declines. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Visitor, openBrowser, type Agent } from "./people";
import { ADMIN, Office, goesTo, signsIn, startWorld, type Person } from "./staff";
import { until } from "./until";
import type { World } from "./world";

let browser: Browser;
let world: World;
let vika: Person;
let otto: Person;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld();
  const office = await Office.opens(world);
  vika = await office.hires("Vika");
  otto = await office.hires("Otto");
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function talk(name: string): Promise<{ agent: Agent; visitor: Visitor }> {
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts(name, "hello");
  await agent.accepts(name);
  return { agent, visitor };
}

const has = (page: Page, selector: string) => page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);

test("what only looks for a canned reply is never sent: not while the list loads, cannot load, or is empty", async () => {
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world);
  const { page } = agent;
  let answer: "hang" | "fail" | "go on" = "hang";
  await page.route("**/canned-response/", async (route) => {
    await until("an answer", () => answer, (said) => said !== "hang", 60_000);
    return answer === "fail" ? route.abort() : route.continue();
  });
  await visitor.starts("Mina", "hello");
  await agent.accepts("Mina");
  const field = page.locator(".composer textarea");
  const send = page.getByRole("button", { name: "Send" });
  await field.pressSequentially("/refund");
  for (const said of ["Loading…", "This could not be loaded. Trying again…", "No canned reply fits."]) {
    if (said.startsWith("This")) answer = "fail";
    if (said.startsWith("No")) answer = "go on";
    await page.locator(".replies").getByText(said).waitFor();
    await field.press("Enter");
    await send.click();
    await agent.sees("Nothing was sent.");
    expect(await field.inputValue()).toBe("/refund");
  }
  await field.press("Escape");
  await field.fill("What a day");
  await field.press("Enter");
  await visitor.reads("hello", "What a day");
});

test("a note that is not saved survives another chat, a reload and the end of its chat", async () => {
  const { agent, visitor } = await talk("Lena");
  const { page } = agent;
  const note = page.getByLabel("Add a note for colleagues");
  await note.fill("Calls back on Monday");
  const second = await Visitor.opens(browser, world);
  await second.starts("Omar", "me too");
  await agent.accepts("Omar");
  expect(await note.inputValue()).toBe("");
  await page.locator(".mine .row", { hasText: "Lena" }).click();
  await until("the note", () => note.inputValue(), (text) => text === "Calls back on Monday");
  await page.reload();
  await page.locator(".mine .row", { hasText: "Lena" }).click();
  await until("the note", () => note.inputValue(), (text) => text === "Calls back on Monday");
  await page.route("**/notes", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await page.getByRole("button", { name: "Save note" }).click();
  await agent.sees("This could not be saved. Please try again.");
  expect(await note.inputValue()).toBe("Calls back on Monday");
  await page.unroute("**/notes");
  await visitor.page.getByRole("button", { name: "End chat" }).click();
  await visitor.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("dialog").getByText("Your note is not saved").waitFor();
  await page.getByRole("button", { name: "Keep writing" }).click();
  expect(await note.inputValue()).toBe("Calls back on Monday");
  await page.getByRole("button", { name: "Done" }).click();
  const answer = page.waitForResponse((response) => response.url().endsWith("/notes") && response.request().method() === "POST");
  await page.getByRole("dialog").getByRole("button", { name: "Save note" }).click();
  expect((await answer).status()).toBe(201);
  await page.locator(".mine .row", { hasText: "Lena" }).waitFor({ state: "detached" });
  // The next chat's composer has the focus, or the page itself; never nothing.
  await until("the focus", () => has(page, "textarea, main"), Boolean);
});

test("limits are the server's, and said before anything is sent", async () => {
  const { agent } = await talk("Wang");
  const { page } = agent;
  const note = page.getByLabel("Add a note for colleagues");
  await note.fill("订".repeat(1366));
  await agent.sees("4098 of 4096 bytes");
  expect(await page.getByRole("button", { name: "Save note" }).isDisabled()).toBe(true);
  await note.fill("订".repeat(1365));
  await page.getByRole("button", { name: "Save note" }).click();
  await page.locator("article").waitFor();
  const tag = page.getByLabel("Add a tag");
  await tag.fill("x".repeat(201));
  await agent.sees("201 of 200 characters");
  await tag.press("Enter");
  expect(await tag.inputValue()).toBe("x".repeat(201));
  await page.getByRole("button", { name: "Transfer" }).click();
  await page.getByLabel("Note for the colleague").fill("🙂".repeat(501));
  await agent.sees("501 of 500 characters");
  expect(await page.getByRole("dialog").getByRole("button", { name: "Transfer" }).isDisabled()).toBe(true);
});

test("a tag that could not be stored stays to be tried again", async () => {
  const { agent } = await talk("Ines");
  const { page } = agent;
  const tag = page.getByLabel("Add a tag");
  await tag.fill("vip");
  await page.route("**/users/tag", (route) => (route.request().method() === "PUT" ? route.abort() : route.continue()));
  await tag.press("Enter");
  await agent.sees("This could not be saved. Please try again.");
  expect(await tag.inputValue()).toBe("vip");
  await page.unroute("**/users/tag");
  await tag.press("Enter");
  await page.getByRole("button", { name: "Remove vip" }).waitFor();
  expect(await tag.inputValue()).toBe("");
});

test("a sheet with words in it is closed by no accident: not by a click beside it, a drag or Escape", async () => {
  const { agent } = await talk("Jonas");
  const { page } = agent;
  const dialog = page.locator("dialog:has(form)");
  await page.getByRole("button", { name: "Transfer" }).click();
  // The first field has the focus.
  await until("the focus", () => has(page, "dialog input[type=search]"), Boolean);
  const note = page.getByLabel("Note for the colleague");
  const box = (await dialog.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const drag = async () => {
    await page.mouse.move(box.x + 40, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(5, 5);
    await page.mouse.up();
  };
  // A drag that ends outside closes nothing, written or not.
  await drag();
  await note.fill("Refund, please");
  await drag();
  await page.mouse.click(5, 5);
  for (const leave of ["Escape", "Close"]) {
    if (leave === "Escape") await page.keyboard.press("Escape");
    else await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByText("Discard what you wrote?").waitFor();
    await page.getByRole("button", { name: "Keep writing" }).click();
    expect(await note.inputValue()).toBe("Refund, please");
  }
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Discard", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  // Without words in it a click beside it closes it, and the focus is where it came from.
  await page.getByRole("button", { name: "Transfer" }).click();
  await dialog.waitFor();
  await page.mouse.click(5, 5);
  await dialog.waitFor({ state: "detached" });
  await until("the focus", () => has(page, "button[aria-label=Transfer]"), Boolean);
});

test("a decline can be undone, and is told to nobody before it is too late for that", async () => {
  const [first, second] = [await signsIn(browser, world, vika), await signsIn(browser, world, otto)];
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Paul", "hello");
  await Promise.all([first.seesWaiting("Paul"), second.seesWaiting("Paul")]);
  await first.page.getByRole("button", { name: "Decline Paul" }).click();
  await first.seesWaiting();
  await first.page.getByRole("button", { name: "Undo" }).click();
  await first.seesWaiting("Paul");
  await second.page.getByRole("button", { name: "Decline Paul" }).click();
  // It is too late there once the offer is gone; the one that was undone was never told, so somebody is left.
  await second.page.getByRole("button", { name: "Undo" }).waitFor({ state: "detached" });
  await first.page.getByRole("button", { name: "Decline Paul" }).click();
  expect(await visitor.page.getByText("Everyone is busy at the moment").count()).toBe(0);
  await visitor.sees("Everyone is busy at the moment");
  await Promise.all([first.seesWaiting(), second.seesWaiting()]);
});

test("an account is made by keyboard alone: first field, password, and back where it began", async () => {
  const admin = await signsIn(browser, world, ADMIN);
  const { page } = admin;
  await goesTo(admin, "People");
  await page.getByRole("button", { name: "Add a person" }).press("Enter");
  await until("the first field", () => has(page, "#account-name"), Boolean);
  await page.keyboard.type("Nadia");
  await page.keyboard.press("Tab");
  await page.keyboard.type("nadia@kestrel.example");
  await page.keyboard.press("Enter");
  const password = page.getByTestId("one-time-password");
  await password.waitFor();
  await until("the focus", () => has(page, "dialog button"), Boolean);
  // A password that is shown once goes by its button alone.
  await page.keyboard.press("Escape");
  await page.mouse.click(5, 5);
  expect(await password.isVisible()).toBe(true);
  await page.getByRole("button", { name: "Done" }).press("Enter");
  await password.waitFor({ state: "detached" });
  await until("the focus", () => page.evaluate(() => document.activeElement?.textContent), (text) => text === "Add a person");
});
