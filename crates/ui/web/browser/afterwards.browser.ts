/** What stays of a chat: a message left for later, a rating, the transcript, the figures; and how a visitor is forgotten. */
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Visitor, openBrowser, type Agent } from "./people";
import { ADMIN, Office, goesTo, signsIn, startWorld, type Person } from "./staff";
import { until } from "./until";
import type { World } from "./world";

let browser: Browser;
let world: World;
let office: Office;
let vika: Person;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld();
  office = await Office.opens(world);
  vika = await office.hires("Vika");
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** A chat from beginning to end, rated by the visitor. */
async function chat(visitorName: string, words: string): Promise<void> {
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world, "/c/Delivery");
  await visitor.starts(visitorName, words);
  await agent.accepts(visitorName);
  await agent.says("I am looking at it");
  await visitor.sees("I am looking at it");
  await agent.page.getByRole("button", { name: "End chat" }).click();
  await agent.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
  await visitor.page.getByRole("radio", { name: "Good", exact: true }).check();
  await visitor.page.getByLabel("A word about it").fill("Quick and kind");
  await visitor.page.getByRole("button", { name: "Send rating" }).click();
  await visitor.sees("Thank you for your rating.");
  expect(await visitor.page.getByRole("radio").count()).toBe(0);
  await visitor.leaves();
  await agent.leaves();
}

/** Looks until so many are found: what was said a moment ago is on its way to the records. */
async function finds(admin: Agent, words: string, count: number): Promise<void> {
  const field = admin.page.getByLabel("Words, names, topics");
  await until(
    `${count} chats with ${words}`,
    async () => {
      const answer = admin.page.waitForResponse((response) => response.url().includes("/staff/chats?text="));
      await field.fill("");
      await field.fill(words);
      await (await answer).finished();
      return admin.page.getByRole("button", { name: /^Read the chat/ }).count();
    },
    (seen) => seen === count,
  );
}

test("who finds nobody leaves a message, and an agent takes and closes it", async () => {
  const visitor = await Visitor.opens(browser, world);
  await visitor.sees("Nobody is at the desk right now");
  await visitor.page.getByLabel("Your name").fill("Siti");
  await visitor.page.getByLabel("Your question").fill("Boleh saya tukar saiz?");
  await visitor.page.getByRole("button", { name: "Leave a message" }).click();
  expect(await visitor.page.getByLabel("Your message").inputValue()).toBe("Boleh saya tukar saiz?");
  await visitor.page.getByLabel("Your e-mail").fill("not an address");
  await visitor.page.getByRole("button", { name: "Send message" }).click();
  await visitor.sees("Please enter an e-mail address that we can answer to.");
  await visitor.page.getByLabel("Your e-mail").fill("siti@example.com");
  await visitor.page.getByRole("button", { name: "Send message" }).click();
  await visitor.sees("Thank you. We will answer to siti@example.com.");

  const agent = await signsIn(browser, world, vika);
  await goesTo(agent, "Follow-ups");
  const wish = agent.page.getByRole("article", { name: "Siti" });
  await wish.getByText("Boleh saya tukar saiz?").waitFor();
  await wish.getByRole("button", { name: "Take Siti" }).click();
  await wish.getByText("Taken by me").waitFor();
  await wish.getByRole("button", { name: "Close Siti" }).click();
  await wish.waitFor({ state: "detached" });
  await agent.page.getByLabel("Show closed ones").check();
  await wish.getByText("Closed").waitFor();
});

test("a chat is found by its words, read with its rating, exported, and forgotten", async () => {
  await chat("Mina Okafor", "Where is my zephyr lamp?");
  const admin = await signsIn(browser, world, ADMIN);
  await goesTo(admin, "Transcripts");
  await finds(admin, "zephyr", 1);
  for (const format of ["JSON", "CSV"]) {
    const coming = admin.page.waitForEvent("download");
    await admin.page.getByRole("button", { name: `Export ${format}` }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toMatch(new RegExp(`^chats-until-\\d{4}-\\d\\d-\\d\\d\\.${format.toLowerCase()}$`));
    const file = await download.path();
    expect(readFileSync(file, "utf8")).toContain("Where is my zephyr lamp?");
  }
  await admin.page.getByRole("button", { name: "Read the chat with Mina Okafor" }).click();
  const sheet = admin.page.getByRole("dialog");
  await sheet.getByText("Where is my zephyr lamp?").waitFor();
  await sheet.getByText("4 of 5").waitFor();
  await sheet.getByText("Quick and kind").waitFor();
  await sheet.getByRole("button", { name: "Erase this visitor" }).click();
  const now = sheet.getByRole("button", { name: "Erase for good" });
  expect(await now.isDisabled()).toBe(true);
  await sheet.getByLabel("Type Mina Okafor to confirm").fill("Mina Okafor");
  await now.click();
  await sheet.waitFor({ state: "detached" });
  await finds(admin, "zephyr", 0);
});

test("the figures are shown as charts, and as a table one click away", async () => {
  await chat("Jonas", "I was charged twice");
  const admin = await signsIn(browser, world, ADMIN);
  await goesTo(admin, "Figures");
  const perDay = admin.page.getByRole("region", { name: "Chats per day" }).first();
  await perDay.getByRole("img").waitFor();
  await perDay.getByRole("button", { name: /Table/ }).click();
  await until(
    "a day with a chat",
    async () => {
      await admin.page.reload();
      await perDay.getByRole("button", { name: /Table/ }).click();
      return perDay.locator("tbody tr").last().locator("td").textContent();
    },
    (text) => Number(text) >= 1,
  );
  await admin.page.getByRole("list", { name: "Chats per agent" }).getByText("Vika").waitFor();
  expect(await admin.page.getByRole("img").count()).toBeGreaterThan(1);
});

test("an admin makes an account whose password works once it is handed over", async () => {
  const admin = await signsIn(browser, world, ADMIN);
  await goesTo(admin, "People");
  await admin.page.getByRole("button", { name: "Add a person" }).click();
  const sheet = admin.page.getByRole("dialog");
  await sheet.getByLabel("Name").fill("Nadia Haddad");
  await sheet.getByLabel("E-mail").fill("nadia@kestrel.example");
  await sheet.getByRole("button", { name: "Create" }).click();
  const password = (await sheet.getByTestId("one-time-password").textContent()) ?? "";
  await sheet.getByRole("button", { name: "Done" }).click();
  await admin.page.getByRole("button", { name: "Edit Nadia Haddad" }).waitFor();
  const agent = await signsIn(browser, world, { email: "nadia@kestrel.example", password });
  await agent.sees("Nadia Haddad");
  await goesTo(admin, "Audit log");
  await admin.page.getByRole("row", { name: /account created/ }).first().waitFor();
});

test("groups and settings are changed and stay so", async () => {
  const admin = await signsIn(browser, world, ADMIN);
  await goesTo(admin, "Permission groups");
  await admin.page.getByLabel("New group").fill("readers");
  await admin.page.getByRole("button", { name: "Create" }).click();
  const group = admin.page.getByRole("region", { name: "readers" });
  await group.getByLabel("read user tag").check();
  await group.getByLabel("Supervisor").check();
  await goesTo(admin, "Settings");
  await admin.page.getByLabel("Text when an agent joins").fill("{agent} says hello");
  await admin.page.getByRole("button", { name: "Save", exact: true }).click();
  await admin.sees("Saved");
  await admin.page.reload();
  await until("the text", () => admin.page.getByLabel("Text when an agent joins").inputValue(), (text) => text === "{agent} says hello");
  await goesTo(admin, "Permission groups");
  expect(await group.getByLabel("read user tag").isChecked()).toBe(true);
  expect(await group.getByLabel("Supervisor").isChecked()).toBe(true);
});
