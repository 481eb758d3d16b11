/** The settings of the installation: what would be lost is asked first, what is no number is refused; and the audit log by act. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Visitor, openBrowser } from "./people";
import { ADMIN, Office, goesTo, signsIn, startWorld } from "./staff";
import type { World } from "./world";

let browser: Browser;
let world: World;
let office: Office;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld();
  office = await Office.opens(world);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

const stored = async () => (await office.asks("GET", "/staff/settings")) as { retentionDays: number; joinText: string | null };

test("a lower retention asks first with the number of chats, and an emptied or negative one is refused", async () => {
  const agent = await signsIn(browser, world, ADMIN);
  await goesTo(agent, "Settings");
  const { page } = agent;
  // What the server would count: chats that ended days ago are not made by a test.
  let asked = 0;
  await page.route("**/staff/settings/retention?*", async (route) => {
    asked += 1;
    expect(new URL(route.request().url()).searchParams.get("days")).toBe("30");
    await route.fulfill({ json: { days: 30, chats: 1234 }, headers: { "Access-Control-Allow-Origin": new URL(page.url()).origin, "Access-Control-Allow-Credentials": "true" } });
  });
  const retention = page.getByLabel("Days that ended chats are kept");
  const save = page.getByRole("button", { name: "Save", exact: true });
  for (const wrong of ["", "-1", "1.5"]) {
    await retention.fill(wrong);
    await save.click();
    await agent.sees("Give whole numbers from 0 to");
    expect((await stored()).retentionDays).toBe(0);
  }
  await retention.fill("30");
  await save.click();
  await agent.sees("1234 chats ended longer ago than that. They will be forgotten for good.");
  expect((await stored()).retentionDays).toBe(0);
  await page.getByRole("button", { name: "Cancel" }).click();
  await save.click();
  await page.getByRole("button", { name: "Save and forget them" }).click();
  await agent.sees("Saved");
  expect((await stored()).retentionDays).toBe(30);
  expect(asked).toBe(2);
  // More is no loss.
  await retention.fill("365");
  await save.click();
  await expect.poll(async () => (await stored()).retentionDays).toBe(365);
  expect(asked).toBe(2);
  await agent.leaves();
});

test("the audit log is read by person and by act", async () => {
  await office.asks("PUT", "/staff/settings", { historyLoadCount: 7 });
  const agent = await signsIn(browser, world, ADMIN);
  await goesTo(agent, "Audit log");
  const { page } = agent;
  const rows = page.locator("tbody tr");
  await page.getByRole("cell", { name: "signed in" }).first().waitFor();
  await page.getByLabel("What").selectOption("settings_stored");
  await page.getByText("historyLoadCount").first().waitFor();
  await expect.poll(() => page.getByRole("cell", { name: "signed in" }).count()).toBe(0);
  expect(await rows.count()).toBeGreaterThan(0);
  await page.getByLabel("Who").selectOption({ label: "Admin" });
  await page.getByText("historyLoadCount").first().waitFor();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export CSV" }).click();
  expect((await saved).suggestedFilename()).toMatch(/^audit.*\.csv$/);
  await agent.leaves();
});

test("what the installation says when an agent comes is read by the visitor", async () => {
  await office.asks("PUT", "/staff/settings", { joinText: "Hello {visitor}, {agent} listens" });
  const vika = await office.hires("Vika");
  const agent = await signsIn(browser, world, vika);
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "Is anybody there?");
  await agent.accepts("Mina");
  await visitor.sees("Hello Mina, Vika listens");
  await agent.leaves();
});
